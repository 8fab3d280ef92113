// What an engine has on this machine, read from the kernel and the file system and not from the engine: mounts, links,
// firewall tables and what they hold, cgroups, processes, and files of containers, volumes and sandboxes.
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nft } from '../../src/engine/kernel/nftables.ts'
import { linkNames } from '../../src/engine/networks/link-names.ts'

/** One line each, sorted. */
export function traces(root: string): string[] {
  const { prefix, table } = linkNames(root)
  const found = [
    ...lines('/proc/self/mountinfo')
      .map(line => line.split(' ')[4] ?? '')
      .filter(path => path.startsWith(root))
      .map(path => `mount ${path}`),
    ...readdirSync('/sys/class/net')
      .filter(name => name.startsWith(prefix))
      .map(name => `link ${name}`),
    ...firewall(table),
    ...globSync(`/sys/fs/cgroup/{,*/}tsc-compose-${prefix.slice(3)}/**/`).map(path => `cgroup ${path}`),
    ...readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid && mentions(name, root))
      .map(pid => lines(`/proc/${pid}/cmdline`).join(' ').replaceAll('\0', ' ').trim())
      // One that is ending has no arguments any more.
      .filter(command => command !== '')
      .map(command => `process ${command}`),
    ...['containers', 'volumes', 'run/netns', 'run/rootfs', 'run/exits', 'staging'].flatMap(folder =>
      existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map(name => `file ${folder}/${name}`) : [],
    ),
  ]
  return found.sort()
}

/** After the engine was stopped: its process and its supervisor end a moment after the answer. */
export async function leavesNothing(root: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (traces(root).length > 0 && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 20))
  assert.deepEqual(traces(root), [])
}

/** Without what an engine has for itself while it runs; empty when no container, network or volume is left. */
export function projectTraces(root: string): string[] {
  const { prefix, table } = linkNames(root)
  const own = [
    /^process tsc-compose-engine/,
    /^process .* tsc-compose-supervisor /,
    new RegExp(`^process flock ${root}/engine.lock`),
    new RegExp(`^cgroup .*/tsc-compose-${prefix.slice(3)}$`),
    new RegExp(`^mount ${root}/run$`),
    new RegExp(`^table .* ${table}$`),
    // The loopback's two rules, which name no container.
    new RegExp(`^[io]ifname "${prefix}\\*" ip [ds]addr 127.0.0.0/8 `),
  ]
  return traces(root).filter(line => !own.some(pattern => pattern.test(line)))
}

/** Tables of the engine, and the elements and rules in them that name an address or a port. */
function firewall(table: string): string[] {
  const tables = nft('list tables')
    .split('\n')
    .filter(line => line.endsWith(` ${table}`))
  const held = tables.flatMap(line => nft(`list ${line}`).split('\n'))
  return [...tables, ...held.map(line => line.trim()).filter(line => /\d+\.\d+\.\d+\.\d+/.test(line))]
}

/** Whether a process belongs to a data root, by its arguments or its environment.  */
function mentions(pid: string, root: string): boolean {
  return ['cmdline', 'environ'].some(file => lines(`/proc/${pid}/${file}`).join('\n').includes(root))
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
