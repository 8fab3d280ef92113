// One stage from its base to its last instruction.
import { ComposeError } from '../../shared/errors.ts'
import { configuring, isConfigKeyword, workingDirectory } from './configure.ts'
import { copy, madeAt, ownerOf } from './copy.ts'
import { copyIn } from './copying.ts'
import type { Stage } from './dockerfile/dockerfile.ts'
import { flagOf, type Instruction, readInstruction } from './dockerfile/instruction.ts'
import { readLines } from './dockerfile/lines.ts'
import { argumentsOf, readPairs } from './dockerfile/words.ts'
import { run } from './run.ts'
import { proxyArguments } from './scope.ts'
import type { Source } from './sources.ts'
import {
  addLayer,
  type Build,
  createStageContext,
  keepTar,
  located,
  placeOf,
  type StageContext,
} from './stage-context.ts'
import { addHistory, diffIdsOf, type StageState } from './stage-state.ts'

export interface StageSurroundings {
  /** Arguments from before the first FROM, and what is known of platforms. */
  globals: ReadonlyMap<string, string>
  /** The context for no name. */
  sourceNamed(name: string): Promise<Source>
}

export async function buildStage(
  build: Build,
  stage: Stage,
  state: StageState,
  around: StageSurroundings,
): Promise<StageState> {
  // What the base leaves to whoever builds on it comes first.
  const triggers = (state.config.OnBuild ?? []).flatMap(text => readTrigger(text, stage))
  build.triggers.push(...(state.config.OnBuild ?? []))
  state.config = { ...state.config, OnBuild: undefined }
  const instructions = [...triggers, ...stage.instructions]
  const context = createStageContext(build, stage, state, countSteps(instructions))
  for (const instruction of instructions) {
    build.signal.throwIfAborted()
    try {
      await apply(context, instruction, around)
    } catch (error) {
      throw located(error, context, instruction)
    }
  }
  return state
}

/** With FROM. */
export const countSteps = (instructions: readonly Instruction[]): number =>
  1 + instructions.filter(({ keyword }) => ['RUN', 'COPY', 'ADD', 'WORKDIR'].includes(keyword)).length

function readTrigger(text: string, stage: Stage): Instruction[] {
  const { lines } = readLines(text, `ONBUILD of ${stage.base}`)
  return lines.map(line => ({
    ...readInstruction(line, `ONBUILD of ${stage.base}`),
    first: stage.from.first,
    last: stage.from.last,
  }))
}

async function apply(context: StageContext, instruction: Instruction, around: StageSurroundings): Promise<void> {
  const { state, words } = context
  const { keyword } = instruction
  if (keyword === 'RUN') return run(context, instruction, around.sourceNamed)
  if (keyword === 'COPY' || keyword === 'ADD')
    return copy(context, instruction, await around.sourceNamed(flagOf(instruction, 'from') ?? ''))
  if (keyword === 'WORKDIR') return workdir(context, instruction)
  if (keyword === 'ARG') declare(context, instruction, around.globals)
  else if (keyword === 'MAINTAINER') state.author = instruction.text
  else if (isConfigKeyword(keyword)) {
    const { escapeToken } = context.build.dockerfile
    state.config = configuring[keyword](state.config, {
      instruction,
      words,
      escapeToken,
      path: placeOf(context, instruction),
      commandSet: context.commandSet,
    })
    if (keyword === 'CMD') context.commandSet = true
    // Of ARG and ENV the last counts.
    if (keyword === 'ENV')
      for (const [name] of readPairs(instruction.text, escapeToken) ?? []) context.args.delete(words.expand(name))
  } else throw new ComposeError('internal', `${keyword} is not known here`)
  addHistory(state, instruction.shown, false)
}

/** What was given wins over what stands there, and that over what a global one of the name has. */
function declare(
  { build, args, words }: StageContext,
  { text }: Instruction,
  globals: ReadonlyMap<string, string>,
): void {
  // All of one instruction see what was before it.
  const found = argumentsOf(text, build.dockerfile.escapeToken).map(([name, fallback]) => {
    const value = build.request.args[name] ?? (fallback === undefined ? globals.get(name) : words.expand(fallback))
    return { name, fallback, value }
  })
  for (const { name, fallback, value } of found) {
    if (value === undefined || (proxyArguments.includes(name) && fallback === undefined)) args.delete(name)
    else args.set(name, value)
  }
}

async function workdir(context: StageContext, instruction: Instruction): Promise<void> {
  const { build, state, words } = context
  const { images, workers } = build.engine
  const path = workingDirectory(state.config, words.expand(instruction.text))
  const user = state.config.User
  state.config = { ...state.config, WorkingDir: path }
  await addLayer(context, instruction, {
    key: () => ['WORKDIR', path, user, build.epoch],
    createdBy: `WORKDIR ${path}`,
    make: () =>
      images.layers.make(
        diffIdsOf(state),
        async root => {
          const options = {
            destination: path,
            owner: user ? ownerOf(root, user) : undefined,
            mode: undefined,
            attributes: false,
            madeAt: madeAt(context),
            time: build.epoch,
            several: true,
            make: true,
          }
          await copyIn(workers.copy, {
            source: '/',
            selection: { sources: [], ignored: [], excluded: [], parents: false },
            target: { root, options },
          })
        },
        keepTar(build),
      ),
  })
}
