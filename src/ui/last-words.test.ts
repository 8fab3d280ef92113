import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerInspectResponse } from '../docker/protocol/types.ts'
import { lastCheck } from './last-words.ts'

const inspected = (test: string[], status: string, exitCode: number, output: string): ContainerInspectResponse => ({
  Config: { Healthcheck: { Test: test } },
  State: { Health: { Status: status as 'unhealthy', Log: [{ ExitCode: exitCode, Output: output }] } },
})

test('the check of an unhealthy container is told with its end and its last lines', () => {
  assert.deepEqual(lastCheck('shop-db-1', inspected(['CMD-SHELL', 'pg_isready -q'], 'unhealthy', 2, '')), [
    "shop-db-1's health check `pg_isready -q` ended with 2, without a word",
  ])
  const many = Array.from({ length: 9 }, (_, index) => `line ${index}\n`).join('')
  assert.deepEqual(lastCheck('shop-db-1', inspected(['CMD', 'curl', '-f', 'x'], 'unhealthy', 22, many)), [
    "shop-db-1's health check `curl -f x` ended with 22:",
    '  line 4',
    '  line 5',
    '  line 6',
    '  line 7',
    '  line 8',
  ])
  const late = 'Health check exceeded timeout (1s)'
  assert.deepEqual(lastCheck('shop-db-1', inspected(['CMD', 'slow'], 'unhealthy', -1, late)), [
    "shop-db-1's health check `slow` failed:",
    `  ${late}`,
  ])
})

test('there is nothing to tell of a healthy container, or of one without a check', () => {
  assert.deepEqual(lastCheck('a', inspected(['CMD', 'true'], 'healthy', 0, '')), [])
  assert.deepEqual(lastCheck('a', { State: {} }), [])
})
