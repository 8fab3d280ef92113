// COPY and ADD: files out of a source into a layer. What a step is made of is the digest of what it takes, so it is
// made anew only when that has changed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { checkMode } from '../../shared/file-mode.ts'
import type { Selection } from '../chrooted/select-files.ts'
import { resolveUser } from '../containers/oci/users.ts'
import { unpackIn } from '../images/layers.ts'
import { type Added, readAdded } from './added.ts'
import { workingDirectory } from './configure.ts'
import { copyIn } from './copying.ts'
import { flagsNamed, type Instruction, isSet } from './dockerfile/instruction.ts'
import type { Source } from './sources.ts'
import { addLayer, expandFlag, keepTar, placeOf, type StageContext } from './stage-context.ts'
import { diffIdsOf } from './stage-state.ts'

/** Some of the sources of one instruction, which come from one place. */
interface Part {
  source: Source
  selection: Selection
}

export async function copy(context: StageContext, instruction: Instruction, from: Source): Promise<void> {
  const { build, state, words } = context
  const path = placeOf(context, instruction)
  const { names, destination } = operands(context, instruction)
  const chown = expandFlag(context, instruction, 'chown')
  const mode = expandFlag(context, instruction, 'chmod')
  if (mode !== undefined) checkMode(mode)
  const parents = isSet(instruction, 'parents', path)
  const excluded = flagsNamed(instruction, 'exclude').map(words.expand)
  const link = isSet(instruction, 'link', path)
  const select = (sources: readonly string[], source: Source): Part => ({
    source,
    selection: { sources, ignored: source.ignored, excluded, parents },
  })
  const written = writeHeredocs(context, instruction, names)
  const plain = names.filter(name => !name.startsWith('<<'))
  const added = instruction.keyword === 'ADD' ? await readAdded(context, instruction, plain, from) : undefined
  const local = added?.local ?? plain
  const parts = [
    ...(local.length > 0 ? [select(local, from)] : []),
    ...(written ? [select(written.names, written.source)] : []),
    ...(added?.folders ?? []).map(folder => select(folder.names, build.sources.folder(folder.path, [], false))),
  ]
  const several = names.length > 1
  if (several && !destination.endsWith('/'))
    throw new ComposeError(
      'invalid_argument',
      `When using ${instruction.keyword} with more than one source file, the destination must be a directory and end with a /`,
      { path },
    )
  let stamps: (string | undefined)[] = []
  let isUnchanged = true
  await addLayer(context, instruction, {
    async key() {
      const found = await Promise.all(parts.map(({ source, selection }) => source.digest(selection)))
      stamps = found.map(({ stamp }) => stamp)
      const digests = found.map(({ digest }) => digest)
      // The names decide where the files go.
      return [
        instruction.keyword,
        destination,
        chown,
        mode,
        parents,
        several,
        names.filter(name => !name.startsWith('<<')),
        digests,
        added?.archives.map(({ digest }) => digest),
        build.epoch,
      ]
    },
    createdBy: instruction.shown,
    // Its layer is made on nothing: no link of the base leads it elsewhere, and a new base leaves it as it is.
    isIndependent: link,
    make: () =>
      build.engine.images.layers.make(
        link ? [] : diffIdsOf(state),
        async root => {
          const archives = added?.archives ?? []
          const copied = await put(context, root, { parts, destination, chown, mode, several, archives, link })
          isUnchanged = stamps.every((stamp, index) => stamp === undefined || stamp === copied[index])
        },
        keepTar(build),
      ),
    // A file that was saved since the digest was made has come along: what was made is of no known digest.
    isAsKeyed: () => isUnchanged,
  })
}

interface Putting {
  parts: readonly Part[]
  destination: string
  chown: string | undefined
  mode: string | undefined
  several: boolean
  archives: Added['archives']
  link: boolean
}

async function put(
  context: StageContext,
  root: string,
  { parts, destination, chown, mode, several, archives, link }: Putting,
): Promise<string[]> {
  const { engine, epoch } = context.build
  const stamps: string[] = []
  const owner = chown === undefined ? undefined : ownerOf(root, chown)
  for (const { source, selection } of parts) {
    const { stamp } = await copyIn(engine.workers.copy, {
      source: source.path(),
      selection,
      target: {
        root,
        options: {
          destination,
          owner: owner ?? (source.ofImage ? undefined : { uid: 0, gid: 0 }),
          mode,
          attributes: source.ofImage,
          madeAt: link ? (epoch ?? 0) : madeAt(context),
          time: epoch,
          several: several || selection.sources.length > 1,
        },
      },
    })
    stamps.push(stamp)
  }
  for (const { path } of archives) {
    const options = { base: posix.join('/', destination), whiteouts: false, ...(owner ? { owner } : {}) }
    const result = await unpackIn(engine.workers.unpack, { blob: path, root, options })
    if ('error' in result)
      throw new ComposeError('invalid_argument', `unpacking ${posix.basename(path)} failed: ${result.error}`)
  }
  return stamps
}

/** Seconds: the same for the same base, so that folders which are made on the way don't change a layer's digest. */
export const madeAt = ({ build, state }: StageContext): number =>
  build.epoch ?? Math.floor(Date.parse(baseCreated(state.history) ?? '1970-01-01T00:00:00Z') / 1000)

const baseCreated = (history: StageContext['state']['history']) => history[0]?.created

/** Numbers alone are user and group in one. */
export function ownerOf(root: string, text: string): { uid: number; gid: number } {
  const { uid, gid } = resolveUser(root, text, [])
  return { uid, gid: /^\d+$/.test(text) ? uid : gid }
}

function operands({ state, words }: StageContext, instruction: Instruction): { names: string[]; destination: string } {
  const all = instruction.list?.map(words.expand) ?? words.list(firstLine(instruction.text))
  const names = all.slice(0, -1)
  const last = all.at(-1)
  if (names.length === 0 || last === undefined)
    throw new ComposeError(
      'invalid_argument',
      `${instruction.keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    )
  const resolved = workingDirectory(state.config, last)
  const isFolder = last.endsWith('/') || /(?:^|\/)\.\.?$/.test(last)
  return { names, destination: isFolder && resolved !== '/' ? `${resolved}/` : resolved }
}

/** The opening words of here-documents stand on the instruction's own line. */
const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''

function writeHeredocs(context: StageContext, instruction: Instruction, names: readonly string[]) {
  if (instruction.heredocs.length === 0) return undefined
  const folder = join(context.build.folder, `heredocs-${context.stage.index}-${instruction.first}`)
  mkdirSync(folder, { recursive: true })
  for (const { name, content, expand } of instruction.heredocs)
    writeFileSync(join(folder, name), expand ? context.words.content(content) : content, { mode: 0o644 })
  const wanted = instruction.heredocs.map(({ name }) => name).filter(name => names.some(text => text.endsWith(name)))
  return { names: wanted, source: context.build.sources.folder(folder, [], false) }
}
