import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../test/memory-project.ts'
import { noBuildFlags } from '../border/build-draft.ts'
import { planBuilder } from './plan.ts'
import { planBuilds } from './plan-images.ts'
import { planPushOfBuilt } from './plan-push.ts'

test('build --push pushes what has a name of its own, under all of its tags, once it is built', async () => {
  const project = await projectOf(
    'services:\n  one: {image: r/one, build: {context: ., tags: [r/one:2]}}\n  two: {image: r/two, build: .}\n  own: {build: ./own}\n',
  )
  const builder = planBuilder()
  const wanted = new Map(Object.keys(project.services).map(name => [name, { cause: 'build' }]))
  planBuilds(project, builder, wanted, { flags: noBuildFlags, quiet: false, warnings: [] })
  planPushOfBuilt(project, builder, false)
  const pushes = builder.plan.flatMap(({ operation, after }) =>
    operation.type === 'pushImage' ? [{ image: operation.image, after }] : [],
  )
  assert.deepEqual(pushes.map(({ image }) => image).sort(), ['r/one', 'r/one:2', 'r/two'])
  const builds = builder.plan.filter(({ operation }) => operation.type === 'buildImage').map(({ id }) => id)
  assert.ok(pushes.every(({ after }) => after.some(id => builds.includes(id))))
  const nodeOf = (name: string) =>
    builder.plan.find(({ operation }) => operation.type === 'pushImage' && operation.image === name)
  assert.ok(nodeOf('r/one:2')?.after.includes(nodeOf('r/one')?.id ?? -1), 'one repository, one after the other')
})
