import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cgroupSupport } from '../../kernel/cgroup-support.ts'
import { checkUpdate, type UpdateRequest } from './update-checks.ts'

const support = {
  ...cgroupSupport(),
  memoryLimit: true,
  swapLimit: true,
  cpuQuota: true,
  cpuShares: true,
  pidsLimit: true,
}
const mega = 1024 * 1024
const host = { memory: 64 * mega, memorySwap: 128 * mega, cpuShares: 512, restartPolicy: { name: 'no' as const } }
const update = (wanted: UpdateRequest, own: object = {}) => checkUpdate({ host: { ...host, ...own } }, wanted, support)

test('what is 0 or empty stays, the rest changes', () => {
  const { host: updated, changed } = update({
    Memory: 96 * mega,
    CpuShares: 0,
    CpusetCpus: '',
    PidsLimit: 5,
    Devices: [],
  })
  assert.deepEqual(changed, { memory: 96 * mega, pidsLimit: 5 })
  assert.partialDeepStrictEqual(updated, { memory: 96 * mega, memorySwap: 128 * mega, cpuShares: 512, pidsLimit: 5 })
})

test('a restart policy changes no limit, and none of a container that removes itself', () => {
  const { host: updated, changed } = update({ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } })
  assert.deepEqual(changed, {})
  assert.deepEqual(updated.restartPolicy, { name: 'on-failure', maximumRetryCount: 3 })
  assert.throws(() => update({ RestartPolicy: { Name: 'always' } }, { autoRemove: true }), /AutoRemove is enabled/)
})

test('contradictions are refused, with what is there too', () => {
  assert.throws(() => update({ Memory: 256 * mega }), /update the memoryswap at the same time/)
  assert.deepEqual(update({ Memory: 256 * mega, MemorySwap: -1 }).changed, { memory: 256 * mega, memorySwap: -1 })
  assert.throws(() => update({ Memory: 1 }), /Minimum memory limit/)
  assert.throws(() => update({ CpuPeriod: 1000 }, { nanoCpus: 1e9 }), /CPU Period cannot be updated as NanoCPUs/)
  assert.throws(() => update({ NanoCpus: 1e9 }, { cpuQuota: 1000 }), /Nano CPUs cannot be updated as CPU Quota/)
})

test('what can not be changed is told by name', () => {
  const { warnings, changed } = update({ Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 1 }] })
  assert.deepEqual(changed, {})
  assert.match(warnings.join(), /^Ulimits stays as it was/)
})
