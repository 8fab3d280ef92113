// The systemd unit of an engine as text. It says what the engine is: ready by its own word (notify), not to be
// ended with its containers (KillMode=process), and the master of the groups below its own (Delegate).
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { engineRoots } from '../../shared/roots.ts'

export interface EngineUnit {
  /** Each data root has one of its own. */
  name: string
  text: string
}

export interface UnitOptions {
  /** The program of Node, and the engine's bundle: absolute paths. */
  node: string
  entry: string
  env: NodeJS.ProcessEnv
}

/** The first line, by which a unit is known to be ours. */
export const unitMark = '# Written by tsc-compose engine install; engine uninstall takes it away.'

export function engineUnit({ node, entry, env }: UnitOptions): EngineUnit {
  const { dataRoot } = engineRoots(env, 0)
  const own = env.TSC_COMPOSE_ROOT ? resolve(env.TSC_COMPOSE_ROOT) : undefined
  const config = env.TSC_COMPOSE_CONFIG ? resolve(env.TSC_COMPOSE_CONFIG) : undefined
  const named = Object.entries({ TSC_COMPOSE_ROOT: own, TSC_COMPOSE_CONFIG: config })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `Environment=${quoted(`${key}=${value}`)}\n`)
    .join('')
  const hash = createHash('sha256').update(dataRoot).digest('hex').slice(0, 12)
  const text = `${unitMark}
[Unit]
Description=tsc-compose engine of ${escaped(dataRoot)}
# What flushes or replaces firewall rules at its start must come before.
After=network-online.target local-fs.target nftables.service firewalld.service ufw.service docker.service
Wants=network-online.target
RequiresMountsFor=${quoted(dataRoot)}

[Service]
Type=notify
ExecStart=${quoted(node).replaceAll('$', '$$$$')} ${quoted(entry).replaceAll('$', '$$$$')}
Environment=TSC_COMPOSE_IDLE_SECONDS=Infinity TSC_COMPOSE_SUPERVISED=1
${named}# Containers outlive the engine.
KillMode=process
Delegate=yes
TasksMax=infinity
Restart=on-failure

[Install]
WantedBy=multi-user.target
`
  return { name: own ? `tsc-compose-${hash}.service` : 'tsc-compose.service', text }
}

/** systemd.unit(5): % begins a specifier. */
const escaped = (text: string) => text.replaceAll('%', '%%')

/** systemd.syntax(7), Quoting. */
const quoted = (text: string) =>
  /^[\w./:=@+-]+$/.test(text) ? text : `"${escaped(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
