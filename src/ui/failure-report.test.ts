import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dependsOn, nothing, testProject, testService, upOptions } from '../../test/test-project.ts'
import type { ContainerInspectResponse } from '../docker/protocol/types.ts'
import { planUp } from '../scheduler/plan/plan-up.ts'
import { endOf, type FailureReport, lastCheck, reportLines, waitingServices } from './failure-report.ts'

const checked = (test: string[], status: string, exitCode: number, output: string): ContainerInspectResponse => ({
  Config: { Healthcheck: { Test: test } },
  State: { Health: { Status: status as 'unhealthy', Log: [{ ExitCode: exitCode, Output: output }] } },
})
const report = (own: Partial<FailureReport>): FailureReport => ({
  service: 'db',
  container: 'shop-db-1',
  log: [],
  notStarted: [],
  ...own,
})

test('the check of a container that is not healthy is told with its end and its last lines', () => {
  const silent = lastCheck(checked(['CMD-SHELL', 'pg_isready -q'], 'unhealthy', 2, ''))
  assert.deepEqual(silent, { check: { test: 'pg_isready -q', exitCode: 2, output: [] } })
  assert.deepEqual(reportLines(report(silent), true), [
    "shop-db-1's health check `pg_isready -q` ended with 2, without a word",
  ])
  const many = Array.from({ length: 29 }, (_, index) => `line ${index}\n`).join('')
  assert.equal(lastCheck(checked(['CMD', 'curl'], 'starting', 22, many)).check?.output[0], 'line 9')
  const late = lastCheck(checked(['CMD', 'slow'], 'unhealthy', -1, 'Health check exceeded timeout (1s)'))
  assert.deepEqual(reportLines(report(late), true), [
    "shop-db-1's health check `slow` failed:",
    '  Health check exceeded timeout (1s)',
  ])
  assert.deepEqual(lastCheck(checked(['CMD', 'true'], 'healthy', 1, '')), {})
  assert.deepEqual(lastCheck({ State: {} }), {})
})

test('how a container ended is told where its exit code alone does not say it', () => {
  const end = (State: object, HostConfig = {}) =>
    endOf({ State: { FinishedAt: '2026-01-01T00:00:00Z', ...State }, HostConfig }).end
  assert.equal(
    end({ ExitCode: 137, OOMKilled: true }, { Memory: 64 << 20 }),
    'ran out of memory and was killed by the kernel: its limit is 64MiB',
  )
  assert.equal(end({ ExitCode: 137 }), 'was ended by SIGKILL')
  assert.equal(end({ ExitCode: 139 }), 'was ended by SIGSEGV')
  assert.equal(end({ ExitCode: 127 }), 'ended with 127: a command was not found')
  assert.equal(end({ ExitCode: 127, Error: 'exec: "x": not found' }), 'could not run: exec: "x": not found')
  assert.equal(end({ ExitCode: 3 }), undefined)
  assert.deepEqual(endOf({ State: { Running: true, FinishedAt: '0001-01-01T00:00:00Z' } }), {})
})

test('the services that wait for it in vain, through others too', () => {
  const project = testProject([
    testService('db'),
    testService('api', { dependsOn: dependsOn({ db: 'service_healthy' }) }),
    testService('web', { dependsOn: dependsOn({ api: 'service_started' }) }),
    testService('mail'),
  ])
  const { plan } = planUp(project, nothing, upOptions({ start: true }))
  const wait = plan.find(({ operation }) => operation.type === 'wait')?.operation
  assert.ok(wait)
  assert.deepEqual(waitingServices(plan, wait, 'db'), ['api', 'web'])
  assert.deepEqual(reportLines(report({ log: ['a'], notStarted: ['api', 'web'] }), true), [
    'shop-db-1 wrote last (tsc-compose logs db shows all):',
    '  a',
    'not started because of it: api, web',
  ])
})
