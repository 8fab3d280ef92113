// An image of the tests' root file system with any configuration, as `docker save` writes one.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ImageConfig } from '../../../src/docker/protocol/types.ts'
import { busyboxTar } from '../../busybox.ts'
import { type Entry, tarOf } from '../archives.ts'
import type { TestEngine } from '../engine-process.ts'

/** `layers` are put over the root file system, one after the other. */
export async function loadImage(
  { docker }: TestEngine,
  name: string,
  config: ImageConfig,
  layers: readonly (readonly Entry[])[] = [],
): Promise<void> {
  const tars = [readFileSync(busyboxTar()), ...layers.map(entries => tarOf(entries))]
  const document = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: tars.map(tar => `sha256:${createHash('sha256').update(tar).digest('hex')}`) },
  })
  const Layers = tars.map((_, index) => `layer${index}.tar`)
  const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: [`${name}:latest`], Layers }])
  const archive = tarOf([
    { name: 'manifest.json', body: manifest },
    { name: 'config.json', body: document },
    ...tars.map((tar, index) => ({ name: `layer${index}.tar`, body: tar })),
  ])
  for await (const _ of await docker.loadImage(archive));
}
