import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanDuration } from '../../api/container-views.ts'
import { signalNumber } from '../../kernel/signals.ts'
import { probePlan } from '../exec/health.ts'
import { shouldRestart } from '../life/restart-policy.ts'
import { type ContainerRecord, never } from '../record.ts'
import { environment } from './container-spec.ts'
import { deviceRule } from './devices.ts'

const defaults = { home: '/root', hostname: 'box', terminal: false }

test('a program finds PATH, HOSTNAME and HOME unless somebody set them', () => {
  assert.deepEqual(environment(['A=1=2', 'HOME=/h'], defaults).slice(1), ['HOSTNAME=box', 'A=1=2', 'HOME=/h'])
  assert.ok(environment([], { ...defaults, terminal: true }).includes('TERM=xterm'))
  assert.ok(!environment(['PATH'], defaults).some(entry => entry.startsWith('PATH=')))
})

test('device rules', () => {
  assert.deepEqual(deviceRule('c 1:* mr'), { allow: true, type: 'c', major: 1, access: 'mr' })
  assert.throws(() => deviceRule('c 1:3'), /invalid device cgroup rule/)
})

test('signals by name and number', () => {
  assert.deepEqual(['SIGTERM', 'term', '15', 'RTMIN+3', 'SIGRTMAX-1'].map(signalNumber), [15, 15, 15, 37, 63])
  assert.throws(() => signalNumber('NOSUCH'), /Invalid signal/)
})

test("health checks have Docker Engine's defaults", () => {
  assert.equal(probePlan(undefined, undefined), undefined)
  assert.equal(probePlan({ test: ['NONE'] }, undefined), undefined)
  assert.deepEqual(probePlan({ test: ['CMD-SHELL', 'a | b'], interval: 2e9 }, ['/bin/bash', '-c']), {
    argv: ['/bin/bash', '-c', 'a | b'],
    interval: 2000,
    timeout: 30_000,
    startPeriod: 0,
    startInterval: 5000,
    retries: 3,
    early: true,
  })
})

test('restart policies', () => {
  const record = (
    name: 'no' | 'always' | 'on-failure' | 'unless-stopped',
    exitCode: number,
    more: Partial<ContainerRecord> = {},
    maximumRetryCount = 0,
  ) =>
    ({
      host: { restartPolicy: { name, maximumRetryCount } },
      state: {
        status: 'exited',
        pid: 0,
        startTime: '',
        exitCode,
        oomKilled: false,
        error: '',
        startedAt: never,
        finishedAt: never,
      },
      stoppedByRequest: false,
      restartCount: 0,
      ...more,
    }) as ContainerRecord // The rest plays no part in the decision.
  assert.equal(shouldRestart(record('no', 1)), false)
  assert.equal(shouldRestart(record('always', 0)), true)
  assert.equal(shouldRestart(record('always', 0, { stoppedByRequest: true })), false)
  assert.equal(shouldRestart(record('on-failure', 0)), false)
  assert.equal(shouldRestart(record('on-failure', 1, { restartCount: 2 }, 3)), true)
  assert.equal(shouldRestart(record('on-failure', 1, { restartCount: 3 }, 3)), false)
})

test("durations in Docker's words", () => {
  const said = [0.5, 1, 59, 60, 120, 3600, 7200, 86400 * 3, 86400 * 20, 86400 * 90, 86400 * 800].map(humanDuration)
  assert.deepEqual(said, [
    'Less than a second',
    '1 second',
    '59 seconds',
    'About a minute',
    '2 minutes',
    'About an hour',
    '2 hours',
    '3 days',
    '2 weeks',
    '3 months',
    '2 years',
  ])
})
