import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled, testContainer, testProject, testService, upOptions } from '../../../test/test-project.ts'
import { formatPlan } from './plan.ts'
import { planUp } from './plan-up.ts'

const project = testProject([testService('web')])
const replacement = testContainer('web', { id: 'id-new', name: '0123456789ab_p-web-1', state: 'created' })
const lines = (...containers: ReturnType<typeof testContainer>[]) => {
  const observed = { ...settled(project), containers }
  return formatPlan(planUp(project, observed, upOptions()).plan).split('\n')
}

test('a replacement whose predecessor is still there is taken back', () => {
  assert.deepEqual(lines(testContainer('web'), replacement), [
    '0 remove container 0123456789ab_p-web-1 (left by an interrupted recreation)',
    '1 report Container p-web-1 Running (up to date)',
  ])
})

test('a replacement whose predecessor is gone gets its name and is started', () => {
  assert.deepEqual(lines(replacement), [
    '0 rename container 0123456789ab_p-web-1 to p-web-1 (its recreation was interrupted)',
    '1 start container p-web-1 (not running) after 0',
  ])
})

test('a container that is on its way out is removed before its replacement takes its name', () => {
  assert.deepEqual(lines(testContainer('web', { state: 'removing' }), replacement), [
    '0 remove container p-web-1 (its removal was interrupted)',
    '1 rename container 0123456789ab_p-web-1 to p-web-1 (its recreation was interrupted) after 0',
    '2 start container p-web-1 (not running) after 1',
  ])
})

test("a name of the user's own that looks like that is left alone", () => {
  const own = testProject([{ ...testService('web'), containerName: '0123456789ab_p-web-1' }])
  const observed = { ...settled(own), containers: [testContainer('web', { name: '0123456789ab_p-web-1' })] }
  assert.deepEqual(formatPlan(planUp(own, observed, upOptions()).plan).split('\n'), [
    '0 report Container 0123456789ab_p-web-1 Running (up to date)',
  ])
})
