import assert from 'node:assert/strict'
import { test } from 'node:test'
import { earlyProbesLabel } from '../../shared/early-probes.ts'
import { withStartInterval } from './early-probes.ts'

const Test = ['CMD', 'true']
const second = 1e9

test('another engine probes a starting container often until its first regular probe', () => {
  assert.deepEqual(withStartInterval({ Healthcheck: { Test, Interval: 10 * second } }), {
    Test,
    Interval: 10 * second,
    StartPeriod: 10 * second,
    StartInterval: second / 2,
  })
  assert.equal(withStartInterval({ Healthcheck: { Test } })?.StartPeriod, 30 * second)
  const long = { Test, Interval: second, StartPeriod: 60 * second }
  assert.deepEqual(withStartInterval({ Healthcheck: long }), { ...long, StartInterval: second / 2 })
  assert.deepEqual(withStartInterval({ Healthcheck: { Retries: 2 } }), { Retries: 2, StartInterval: second / 2 })
})

test('it is left as it is where the file decides, or where there is nothing to gain', () => {
  for (const Healthcheck of [
    undefined,
    { Test: ['NONE'] },
    { Test, Interval: second / 4 },
    { Test, StartInterval: 2 * second },
  ])
    assert.equal(withStartInterval({ Healthcheck }), Healthcheck)
  const without = { Test, Interval: 10 * second }
  assert.equal(withStartInterval({ Healthcheck: without, Labels: { [earlyProbesLabel]: 'false' } }), without)
})
