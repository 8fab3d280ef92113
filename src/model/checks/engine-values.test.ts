// What every engine refuses is refused with the place before anything is made.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, serviceText } from '../../../test/memory-project.ts'
import { messageOf } from '../../shared/errors.ts'
import { checkEngineValues } from './engine-values.ts'

/** The message, the place and the hint; undefined when all is well. */
async function refusalOf(attributes: string): Promise<unknown> {
  const project = await projectOf(serviceText(attributes))
  try {
    checkEngineValues(project)
    return undefined
  } catch (error) {
    const { path, hint } = error as { path?: string; hint?: string }
    return [messageOf(error), path, hint]
  }
}

test('a name that was mistyped is refused with its place and the name that was meant', async () => {
  assert.deepEqual(await refusalOf('restart: alway'), [
    "invalid restart policy: unknown policy 'alway'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
    '/project/compose.yaml:4:5 (services.a.restart)',
    'Did you mean always?',
  ])
  assert.deepEqual(await refusalOf('restart: on-failure:many'), [
    'invalid restart policy: "on-failure:many": the retries must be a number, such as on-failure:3',
    '/project/compose.yaml:4:5 (services.a.restart)',
    undefined,
  ])
  assert.deepEqual(await refusalOf('cap_drop: [ALL]\ncap_add: [SYS_TIME, net_admn]'), [
    'invalid CapAdd: unknown capability: "CAP_NET_ADMN"',
    '/project/compose.yaml:5:25 (services.a.cap_add.net_admn)',
    'Did you mean NET_ADMIN?',
  ])
  assert.deepEqual(await refusalOf('stop_signal: SIGTREM'), [
    'invalid signal: SIGTREM',
    '/project/compose.yaml:4:5 (services.a.stop_signal)',
    'Did you mean SIGTERM?',
  ])
  assert.deepEqual(await refusalOf('deploy: {restart_policy: {condition: sometimes}}'), [
    "invalid restart policy: unknown policy 'sometimes'; use one of 'none', 'on-failure', 'any', or 'unless-stopped'",
    '/project/compose.yaml:4:31 (services.a.deploy.restart_policy.condition)',
    undefined,
  ])
  for (const attribute of ['ipc', 'pid', 'uts', 'userns_mode'])
    assert.match(
      String(await refusalOf(`${attribute}: hots`)),
      /^invalid .*: hots,.*\(services\.a\..*Did you mean host\?/,
    )
})

test('an option of a log that its driver does not have is refused', async () => {
  assert.deepEqual(await refusalOf('logging: {options: {max-sise: 1m}}'), [
    "unknown log opt 'max-sise' for json-file log driver",
    '/project/compose.yaml:4:25 (services.a.logging.options.max-sise)',
    'Did you mean max-size?',
  ])
  assert.match(
    String(await refusalOf('logging: {driver: local, options: {tag: x}}')),
    /unknown log opt 'tag' for local/,
  )
  for (const logging of [
    '{options: {max-size: 1m, max-file: "3"}}',
    '{options: {fluentd-address: "localhost:24224"}}',
    '{driver: gelf, options: {max-sise: 1m}}',
    '{driver: local, options: {mode: non-blocking}}',
  ])
    assert.equal(await refusalOf(`logging: ${logging}`), undefined)
})

test('what engines take is let through', async () => {
  for (const value of ['no', 'always', 'on-failure', 'on-failure:3', 'unless-stopped', 'any', 'none'])
    assert.equal(await refusalOf(`restart: "${value}"`), undefined)
  for (const value of ['SIGUSR1', 'usr1', '10', 'SIGRTMIN+3', 'rtmax-2'])
    assert.equal(await refusalOf(`stop_signal: "${value}"`), undefined)
  for (const value of ['CAP_NET_ADMIN', 'net_admin', 'all'])
    assert.equal(await refusalOf(`cap_add: [${value}]`), undefined)
  for (const [attribute, value] of [
    ['ipc', 'shareable'],
    ['ipc', 'container:x'],
    ['pid', 'container:x'],
    ['uts', 'host'],
  ])
    assert.equal(await refusalOf(`${attribute}: ${value}`), undefined)
})
