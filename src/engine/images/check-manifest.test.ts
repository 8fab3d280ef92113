// Documents that no honest registry sends are refused by what is wrong with them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, checkDocument, checkManifest, mostLayers } from './check-manifest.ts'

const digest = `sha256:${'a'.repeat(64)}`
const blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 1 }
const manifest = { schemaVersion: 2, config: blob, layers: [blob] }
const image = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digest] } }

test('an ordinary manifest and configuration pass', () => {
  assert.equal(checkManifest(checkDocument(manifest, 'x'), 'x').layers.length, 1)
  assert.equal(checkConfig({ ...image, config: { Env: ['A=b'], Labels: { a: 'b' }, Cmd: null } }, 'x', 1).os, 'linux')
})

for (const [what, document, message] of [
  ['a list', [], /x: the manifest is no object/],
  ['null', null, /the manifest is no object/],
  ['layers that are no list', { ...manifest, layers: {} }, /layers is no list/],
  ['layers of nothing', { ...manifest, layers: [null] }, /layers is no object/],
  ['a negative size', { ...manifest, layers: [{ ...blob, size: -1 }] }, /layers: -1 is no size/],
  ['a size that is no number', { ...manifest, layers: [{ ...blob, size: '1' }] }, /layers: "1" is no size/],
  ['a size beyond all disks', { ...manifest, layers: [{ ...blob, size: 1e300 }] }, /is no size/],
  ['a digest that is a path', { ...manifest, layers: [{ ...blob, digest: 'sha256:../../x' }] }, /is no sha256 digest/],
  [
    'another algorithm',
    { ...manifest, config: { ...blob, digest: `sha512:${'a'.repeat(128)}` } },
    /is no sha256 digest/,
  ],
  ['no digest', { ...manifest, config: {} }, /config: undefined is no sha256 digest/],
  ['a huge configuration', { ...manifest, config: { ...blob, size: 2 ** 30 } }, /more than 16 MiB/],
  ['too many layers', { ...manifest, layers: Array(mostLayers + 1).fill(blob) }, /501 layers, more than 500/],
  [
    'an endless index',
    { schemaVersion: 2, manifests: Array(10_001).fill(blob) },
    /an index of more than 10000 manifests/,
  ],
  [
    'a platform that is none',
    { manifests: [{ ...blob, platform: { os: {} } }] },
    /platform has a part that is no text/,
  ],
] as const)
  test(`a manifest with ${what} is refused`, () => assert.throws(() => checkDocument(document, 'x'), message))

test('a manifest of version 1 is refused by its kind', () =>
  assert.throws(() => checkManifest(checkDocument({ schemaVersion: 1 }, 'x'), 'x'), /a manifest of an unknown kind/))

for (const [what, document, message] of [
  ['no layers', { ...image, rootfs: { diff_ids: [] } }, /disagree on the number of layers/],
  ['no rootfs', { os: 'linux' }, /the configuration's rootfs is no object/],
  ['a diff id that is a path', { ...image, rootfs: { diff_ids: ['sha256:../..'] } }, /is no diff id/],
  ['an environment that is a text', { ...image, config: { Env: 'A=b' } }, /Env is no list/],
  ['a command of numbers', { ...image, config: { Cmd: [1] } }, /Cmd is no list of texts/],
  ['a user that is a number', { ...image, config: { User: 0 } }, /User is no text/],
  ['labels of numbers', { ...image, config: { Labels: { a: 1 } } }, /a label is no text/],
  ['volumes that are a list', { ...image, config: { Volumes: [] } }, /Volumes is no object/],
  ['an architecture that is none', { ...image, architecture: [] }, /architecture is no text/],
  ['a history of nothing', { ...image, history: [null] }, /history is no object/],
] as const)
  test(`a configuration with ${what} is refused`, () => assert.throws(() => checkConfig(document, 'x', 1), message))
