import assert from 'node:assert/strict'
import { test } from 'node:test'
import { supportedLimits } from './kernelSupport.ts'

const asked = { Memory: 1, MemorySwappiness: 0, OomKillDisable: true }

test('cgroup v2 knows no swappiness of a group and always ends what is out of memory', () => {
  const { host, warnings } = supportedLimits(asked, true)
  assert.deepEqual(host, { Memory: 1 })
  assert.deepEqual(warnings, [
    'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
    'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
  ])
  assert.deepEqual(supportedLimits({ MemorySwappiness: -1, OomKillDisable: false }, true), { host: {}, warnings: [] })
})

test('cgroup v2 has no real-time budget', () => {
  assert.throws(
    () => supportedLimits({ CpuRealtimeRuntime: 1 }, true),
    /kernel does not support CPU real-time scheduler/,
  )
})

test('cgroup v1 has them all', () => {
  assert.deepEqual(supportedLimits({ ...asked, CpuRealtimeRuntime: 1 }, false).host, {
    ...asked,
    CpuRealtimeRuntime: 1,
  })
})
