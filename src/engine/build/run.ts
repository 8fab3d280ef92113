// RUN: a step in a container of its own, and what it has changed as a layer.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerCreateRequest, HostConfig, Mount } from '../../docker/protocol/types.ts'
import { formatPlatform, hostPlatform, type Platform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { LogEntry } from '../containers/logs/log-file.ts'
import { canRun } from '../kernel/foreign-programs.ts'
import { commandOf } from './configure.ts'
import { excerpt } from './dockerfile/excerpt.ts'
import { flagOf, flagsNamed, type Instruction } from './dockerfile/instruction.ts'
import type { RunningStep } from './progress.ts'
import { readMounts, type StepMount } from './run-mounts.ts'
import { proxyArguments } from './scope.ts'
import type { Source } from './sources.ts'
import { addLayer, keepTar, placeOf, type StageContext } from './stage-context.ts'
import { diffIdsOf } from './stage-state.ts'
import { removeStubs } from './stubs.ts'

const keptLines = 20

export async function run(
  context: StageContext,
  instruction: Instruction,
  sourceNamed: (name: string) => Promise<Source>,
): Promise<void> {
  const { state } = context
  const path = placeOf(context, instruction)
  if (flagsNamed(instruction, 'device').length > 0)
    throw new ComposeError('not_implemented', 'RUN --device is not available on this engine', { path })
  const network = networkOf(context, instruction)
  const privileged = isInsecure(context, instruction)
  const mounts = await readMounts(context, instruction, sourceNamed)
  const script = scriptOf(instruction)
  const command = script?.file
    ? [scriptPath]
    : commandOf(state.config, script ? { list: undefined, text: script.content } : instruction)
  const declared = [...context.args].filter(([name]) => !proxyArguments.includes(name))
  const key = [
    'RUN',
    command,
    script?.file ? script.content : '',
    declared,
    state.config.Env,
    state.config.User,
    state.config.WorkingDir,
    network,
    privileged,
    mounts.map(mount => mount.key),
    seenLimits(context),
    context.build.request.args.BUILDKIT_SANDBOX_HOSTNAME,
  ]
  const shownArgs =
    declared.length > 0 ? `|${declared.length} ${declared.map(([name, value]) => `${name}=${value}`).join(' ')} ` : ''
  let isUnchanged = true
  await addLayer(context, instruction, {
    key: () => key,
    createdBy: `RUN ${shownArgs}${command.join(' ')}`,
    async make(step) {
      requireRunnable(state.platform)
      const execution = { command, script, network, privileged, mounts, step }
      const layer = await withLocks(context, mounts, () => execute(context, instruction, execution))
      isUnchanged = (await Promise.all(mounts.map(mount => mount.isAsKeyed?.() ?? true))).every(Boolean)
      return layer
    },
    isAsKeyed: () => isUnchanged,
  })
}

/** What only copies needs nobody to run it. */
function requireRunnable(platform: Platform): void {
  if (canRun(platform)) return
  const [own, wanted] = [formatPlatform(hostPlatform()), formatPlatform(platform)]
  throw new ComposeError('failed_precondition', `RUN needs programs of ${wanted}, and this machine runs ${own}`, {
    hint: `build without platform, or give the kernel an emulator for it: apt-get install -y qemu-user-static`,
  })
}

interface Execution {
  command: string[]
  script: Script | undefined
  network: string
  privileged: boolean
  mounts: readonly StepMount[]
  step: RunningStep
}

async function execute(
  context: StageContext,
  instruction: Instruction,
  execution: Execution,
): Promise<string | undefined> {
  const { build, state, args } = context
  const { command, script, network, privileged, mounts, step } = execution
  const { images, steps } = build.engine
  const diffIds = diffIdsOf(state)
  const lowerFolders = images.layers.lowerFolders(diffIds)
  const proxies = proxyArguments.flatMap(name =>
    build.request.args[name] === undefined ? [] : `${name}=${build.request.args[name]}`,
  )
  const made: Mount[] = []
  try {
    for (const mount of mounts) {
      const one = await mount.make?.()
      if (one) made.push(one)
    }
    const request: ContainerCreateRequest = {
      Hostname: build.request.args.BUILDKIT_SANDBOX_HOSTNAME || 'buildkitsandbox',
      User: state.config.User,
      WorkingDir: state.config.WorkingDir || '/',
      Env: [
        ...proxies,
        ...(state.config.Env ?? []).filter(entry => !args.has(entry.split('=', 1)[0] ?? '')),
        ...[...args].map(([name, value]) => `${name}=${value}`),
        ...mounts.flatMap(({ env }) => (env ? `${env[0]}=${env[1]}` : [])),
      ],
      Cmd: command,
      HostConfig: {
        ...limits(context),
        NetworkMode: network,
        Privileged: privileged,
        Mounts: [...made, ...scriptMount(context, instruction, script)],
      },
    }
    const output = createTail()
    await using end = await steps.run({
      request,
      lowerFolders,
      signal: build.signal,
      onOutput(entries) {
        for (const { stream, text } of entries) step.output(stream, text.toString('utf8'))
        output.add(entries)
      },
    })
    if (end.exitCode !== 0) throw failure(context, instruction, command, end, output.lines())
    removeStubs(
      join(end.folder, 'upper'),
      lowerFolders,
      made.flatMap(({ Target }) => Target ?? []),
    )
    return await images.layers.adopt(diffIds, end.folder, keepTar(build))
  } finally {
    for (const { release } of mounts) release?.()
  }
}

function withLocks<T>({ build }: StageContext, mounts: readonly StepMount[], work: () => Promise<T>): Promise<T> {
  // In one order, so that two steps never wait for each other.
  const locks = [...new Set(mounts.flatMap(({ lock }) => lock ?? []))].sort()
  return locks.reduce<() => Promise<T>>(
    (inner, lock) => () => build.engine.turns.run(lock, inner, build.signal),
    work,
  )()
}

function limits({ build: { request } }: StageContext): HostConfig {
  const { extraHosts, shmSize, ulimits, memory, memorySwap, cpuShares, cpuQuota, cpuPeriod, cpusetCpus, cgroupParent } =
    request
  return {
    ExtraHosts: [...extraHosts],
    ShmSize: shmSize,
    Ulimits: [...ulimits],
    Memory: memory,
    MemorySwap: memorySwap,
    CpuShares: cpuShares,
    CpuQuota: cpuQuota,
    CpuPeriod: cpuPeriod,
    CpusetCpus: cpusetCpus,
    CgroupParent: cgroupParent,
  }
}

/** Those that a program can see; how much memory and time it had is not what it made. */
function seenLimits({ build: { request } }: StageContext): unknown[] {
  const { extraHosts, shmSize, ulimits } = request
  return [extraHosts, shmSize, ulimits]
}

function networkOf({ build: { request } }: StageContext, instruction: Instruction): string {
  const wanted = flagOf(instruction, 'network') ?? request.network
  if (!['default', 'none', 'host'].includes(wanted) && flagOf(instruction, 'network') !== undefined)
    throw new ComposeError('invalid_argument', `invalid network mode "${wanted}"`, {
      hint: 'it is default, none or host',
    })
  if (wanted === 'host' && request.network !== 'host' && !request.entitlements.includes('network.host'))
    throw new ComposeError('permission_denied', 'network.host is not allowed', {
      hint: 'network: host or entitlements: [network.host] of the build allows it',
    })
  return wanted
}

function isInsecure({ build: { request } }: StageContext, instruction: Instruction): boolean {
  const wanted = flagOf(instruction, 'security') ?? 'sandbox'
  if (wanted === 'sandbox') return false
  if (wanted !== 'insecure')
    throw new ComposeError('invalid_argument', `security ${wanted} is not valid`, { hint: 'it is sandbox or insecure' })
  if (request.entitlements.includes('security.insecure')) return true
  throw new ComposeError('permission_denied', 'security.insecure is not allowed', {
    hint: 'privileged: true or entitlements: [security.insecure] of the build allows it',
  })
}

interface Script {
  content: string
  /** It begins with the program that runs it. */
  file: boolean
}

const scriptPath = '/dev/build-script'

/** A here-document alone is what is run; with words around it it is the shell's. */
function scriptOf({ text, heredocs }: Instruction): Script | undefined {
  if (heredocs.length === 0) return undefined
  const [only] = heredocs
  if (heredocs.length === 1 && only && /^<<-?["']?[\w.]+["']?$/.test(text.trim()))
    return { content: only.content, file: only.content.startsWith('#!') }
  return { content: [text, ...heredocs.map(({ name, content }) => `${content}${name}`)].join('\n'), file: false }
}

function scriptMount({ build, stage }: StageContext, { first }: Instruction, script: Script | undefined): Mount[] {
  if (!script?.file) return []
  const path = join(build.folder, `script-${stage.index}-${first}`)
  mkdirSync(build.folder, { recursive: true })
  writeFileSync(path, script.content)
  chmodSync(path, 0o755)
  return [{ Type: 'bind', Source: path, Target: scriptPath, ReadOnly: true }]
}

function createTail() {
  let text = ''
  return {
    add(entries: readonly LogEntry[]) {
      text += entries.map(entry => entry.text.toString('utf8')).join('')
      // Far more than is kept, so that it is not cut with every entry.
      if (text.length > 1 << 16) text = text.slice(-(1 << 15))
    },
    lines: () => text.trimEnd().split('\n').slice(-keptLines),
  }
}

function failure(
  context: StageContext,
  instruction: Instruction,
  command: readonly string[],
  end: { exitCode: number; oomKilled: boolean },
  lines: string[],
): ComposeError {
  const { build, stage } = context
  const why = end.oomKilled
    ? `: the kernel ended it for its memory (exit code: ${end.exitCode})`
    : `: exit code: ${end.exitCode}`
  const details = {
    kind: 'build',
    stage: stage.name ?? String(stage.index),
    instruction: instruction.shown,
    exitCode: end.exitCode,
    oomKilled: end.oomKilled,
    output: lines,
    source: excerpt(build.dockerfile.text, instruction.first, instruction.last),
  }
  return new ComposeError('failed_precondition', `process "${command.join(' ')}" did not complete successfully${why}`, {
    path: placeOf(context, instruction),
    details,
    hint: hintOf(end.exitCode, lines),
  })
}

/** Exit codes that a shell gives when it could not run a program. */
function hintOf(exitCode: number, lines: readonly string[]): string | undefined {
  if (exitCode === 127) return 'a program was not found: is it installed in this image?'
  if (exitCode === 126) return 'a file could not be run: chmod +x, or another architecture?'
  return lines.some(line => /Temporary failure (?:in name resolution|resolving)/.test(line))
    ? 'names could not be resolved from inside the build: is this machine online?'
    : undefined
}
