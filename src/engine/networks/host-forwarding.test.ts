import assert from 'node:assert/strict'
import { test } from 'node:test'
import { droppingChains } from './host-forwarding.ts'

const chain = (name: string, policy: string) =>
  `\tchain ${name} {\n\t\ttype filter hook forward priority filter; policy ${policy};\n\t}\n`

test('a forward chain that drops is where an accept rule must stand', () => {
  assert.deepEqual(droppingChains(`table ip filter {\n${chain('FORWARD', 'drop')}}\n`), [
    { family: 'ip', table: 'filter', chain: 'FORWARD' },
  ])
})

test('beside Docker it stands in the chain that Docker leaves to others', () => {
  const text = `table ip filter {\n${chain('FORWARD', 'drop')}\tchain DOCKER-USER {\n\t}\n}\n`
  assert.deepEqual(droppingChains(text), [{ family: 'ip', table: 'filter', chain: 'DOCKER-USER' }])
})

test('chains that accept, and those of other protocols, are left alone', () => {
  assert.deepEqual(
    droppingChains(
      `table ip filter {\n${chain('FORWARD', 'accept')}}\ntable ip6 filter {\n${chain('FORWARD', 'drop')}}\n`,
    ),
    [],
  )
})
