import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../test/memory-project.ts'
import { watchRules } from './rules.ts'

const rulesOf = async (watch: string) =>
  watchRules(await projectOf(`services: {web: {image: i, develop: {watch: [${watch}]}}}`))

test('a path below the trigger is copied to its place below the target', async () => {
  const [rule] = await rulesOf('{path: ./src, action: sync, target: /app}')
  assert.equal(rule?.targetOf('/project/src/a/b.js'), '/app/a/b.js')
  assert.equal(rule?.targetOf('/project/src'), '/app')
  assert.equal(rule?.covers('/project/srcs/a', false), false)
  assert.equal(rule?.covers('/project/src/a/b.js', false), true)
})

test('ignore and include rules, and what editors leave', async () => {
  const [rule] = await rulesOf(
    '{path: ./src, action: sync, target: /app, ignore: [node_modules/], include: ["**/*.js"]}',
  )
  const covered = (path: string, isFolder = false) => rule?.covers(`/project/src/${path}`, isFolder)
  assert.deepEqual(
    [covered('a.js'), covered('d/a.js'), covered('a.css'), covered('node_modules/x.js'), covered('node_modules', true)],
    [true, true, false, false, false],
  )
  assert.deepEqual(
    [covered('d', true), covered('.a.js.swp'), covered('.git/x.js'), covered('a.js~')],
    [true, false, false, false],
  )
})

test('a restart copies nothing', async () => {
  const [rule] = await rulesOf('{path: ./conf, action: restart}')
  assert.equal(rule?.targetOf('/project/conf'), undefined)
  assert.equal(rule?.covers('/project/conf', false), true)
})

test('what can not be watched is refused', async () => {
  await assert.rejects(
    async () => watchRules(await projectOf('services: {web: {image: i}}')),
    /none of the selected services/,
  )
  await assert.rejects(rulesOf('{path: ., action: rebuild}'), /action rebuild without a build context/)
})
