import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePlatform, formatPlatform, hostPlatform, isSamePlatform, parsePlatform } from './platform.ts'

// As containerd's package platforms reads and normalises them.
for (const [text, normal] of [
  ['linux/x86_64', 'linux/amd64'],
  ['linux/x86-64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v2', 'linux/amd64/v2'],
  ['Linux/AMD64', 'linux/amd64'],
  ['linux/i386', 'linux/386'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/arm/5', 'linux/arm/v5'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['macos/arm64', 'darwin/arm64'],
  ['linux/other/x1', 'linux/other/x1'],
  ['arm64', 'linux/arm64'],
  ['x86_64', 'linux/amd64'],
  ['armhf', 'linux/arm/v7'],
  ['linux', formatPlatform({ ...hostPlatform(), os: 'linux' })],
  ['windows', formatPlatform({ ...hostPlatform(), os: 'windows' })],
] as const)
  test(`${text} is ${normal}`, () => assert.equal(formatPlatform(parsePlatform(text)), normal))

for (const [text, message] of [
  ['linux/amd64/v2/more', /"linux\/amd64\/v2\/more": cannot parse platform specifier/],
  ['linux/', /"" is an invalid component of "linux\/"/],
  ['linux/a b', /"a b" is an invalid component/],
  ['nothing', /"nothing": unknown operating system or architecture/],
] as const)
  test(`${text} is refused`, () => assert.throws(() => parsePlatform(text), message))

const chosen = (wanted: string, ...there: string[]) => {
  const entries = there.map(text => {
    const [os, architecture, variant] = text.split('/')
    return { text, platform: { os, architecture, ...(variant ? { variant } : {}) } }
  })
  // As they stand in an index: nothing is normalised.
  return choosePlatform(entries as { text: string; platform: object }[], parsePlatform(wanted))?.text
}

test('of an index the best that a platform runs is chosen', () => {
  const arms = ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7', 'linux/arm64/v8']
  assert.equal(chosen('linux/arm/v7', ...arms), 'linux/arm/v7')
  assert.equal(chosen('linux/arm/v7', 'linux/arm/v5', 'linux/arm/v6'), 'linux/arm/v6')
  assert.equal(chosen('linux/arm', 'linux/arm/v5'), 'linux/arm/v5')
  assert.equal(chosen('linux/arm/v6', 'linux/arm/v7', 'linux/arm'), undefined)
  assert.equal(chosen('linux/arm64', ...arms), 'linux/arm64/v8')
  assert.equal(chosen('linux/arm64', 'linux/amd64', 'linux/arm/v6', 'linux/arm'), 'linux/arm')
  assert.equal(chosen('linux/amd64/v3', 'linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'), 'linux/amd64/v2')
  assert.equal(chosen('linux/amd64/v3', 'linux/x86_64'), 'linux/x86_64')
  assert.equal(chosen('linux/amd64', 'linux/amd64/v2', 'linux/386'), 'linux/386')
  assert.equal(chosen('linux/amd64', 'linux/amd64/v2'), undefined)
  assert.equal(chosen('linux/amd64', 'windows/amd64'), undefined)
  assert.equal(choosePlatform([{}], parsePlatform('linux/amd64')), undefined)
})

test('names of one platform are the same', () => {
  assert.ok(isSamePlatform({ os: 'linux', architecture: 'arm' }, { os: 'linux', architecture: 'armhf' }))
  assert.ok(
    !isSamePlatform({ os: 'linux', architecture: 'amd64', variant: 'v2' }, { os: 'linux', architecture: 'amd64' }),
  )
})
