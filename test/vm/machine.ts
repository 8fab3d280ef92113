// The virtual machine: boots Debian's kernel with cgroup v2 only, by emulation, and hands back what its tests said.
// A machine that panics, hangs or ends without its results is an error with the end of its console.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeTestRoot } from '../test-root.ts'
import { projectDisk, stateDisk, system } from './disks.ts'
import type { GuestResult } from './guest/results.ts'

export interface Machine extends Disposable {
  /** Boots, runs the guest's files of these names to their end, and makes each of their tests one of `t`. */
  run(t: TestContext, ...files: string[]): Promise<void>
}

/** Seconds for one boot with its tests; several times what a machine with nothing else to do takes. */
const deadline = 300
const consoleTail = 60

export async function makeMachine(): Promise<Machine> {
  const folder = makeTestRoot('tsc-vm-')
  const { kernel, initrd, disk } = system()
  const [projectPath, statePath, consolePath, resultsPath] = ['project', 'state', 'console', 'results'].map(name =>
    join(folder, name),
  ) as [string, string, string, string]
  await projectDisk(projectPath)
  stateDisk(statePath)
  return {
    async run(t, ...files) {
      await boot([
        ...['-kernel', kernel, '-initrd', initrd],
        ...['-append', `console=ttyS0 quiet panic=-1 run=${files.join(',')}`],
        ...['-serial', `file:${consolePath}`, '-serial', `file:${resultsPath}`],
        ...drive(disk, true),
        ...drive(projectPath, true),
        ...drive(statePath, false),
      ])
      const { results, ended } = parse(readFileSync(resultsPath, 'utf8'))
      for (const { name, failure, milliseconds } of results) {
        await t.test(name, test => {
          test.diagnostic(`${Math.round(milliseconds / 100) / 10} s in the machine`)
          if (failure !== undefined) throw new Error(failure)
        })
      }
      const failed = results.some(({ failure }) => failure !== undefined)
      if (failed || !ended) t.diagnostic(tail(readFileSync(consolePath, 'utf8')))
      if (!ended)
        throw new Error(
          `the machine ended without the results of ${files.join(', ')}:\n${tail(readFileSync(consolePath, 'utf8'))}`,
        )
      if (results.length === 0) throw new Error(`${files.join(', ')} have no tests`)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const drive = (path: string, readOnly: boolean) => [
  '-drive',
  `file=${path},format=raw,if=virtio,cache=unsafe${readOnly ? ',readonly=on' : ''}`,
]

/** Resolves when the machine is off, by itself or by the deadline, which also ends one whose test was killed. */
function boot(args: readonly string[]): Promise<void> {
  // The two processors take turns in one thread: with a thread each they once waited for one another for good (CPU#0
  // and CPU#1 stuck for minutes), and two machines at a time on two cores aren't faster for it (118 s, 99 s in turns).
  const fixed = ['-accel', 'tcg,thread=single', '-cpu', 'max', '-smp', '2', '-m', '1024', '-nodefaults', '-no-reboot']
  const command = ['qemu-system-x86_64', ...fixed, '-display', 'none', ...args]
  const child = spawn('timeout', ['--signal=KILL', String(deadline), ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', () => resolve()))
}

function parse(text: string): { results: GuestResult[]; ended: boolean } {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)
  return {
    ended: lines.at(-1) === '{"end":true}',
    // guest/results.ts writes these lines, and the last may be cut off.
    results: lines
      .filter(line => line.startsWith('{"name"') && line.endsWith('}'))
      .map(line => JSON.parse(line) as GuestResult),
  }
}

const tail = (text: string) => text.trimEnd().split('\n').slice(-consoleTail).join('\n')
