// Forwarding on a host that is not ours alone: the ip_forward sysctl, and an accept rule where somebody else's
// FORWARD chain drops (Docker, ufw), since no table of ours can overrule that. Both are recorded and taken back.
import { readFileSync, writeFileSync } from 'node:fs'
import { nft } from '../kernel/nftables.ts'
import type { Collection } from '../store/database.ts'
import type { LinkNames } from './link-names.ts'

export interface HostForwarding {
  /** Makes sure that packets of our bridges are forwarded. Cheap when nothing has to change. */
  ensure(): void
  isOn(): boolean
  /** Brings the host back to what it was. */
  restore(): void
  /** What was recorded is no longer so. */
  forget(): void
}

const sysctl = '/proc/sys/net/ipv4/ip_forward'

export function hostForwarding(names: LinkNames, settings: Collection<string>): HostForwarding {
  const mark = `tsc-compose ${names.prefix}`
  const isOn = () => readFileSync(sysctl, 'utf8').trim() === '1'
  return {
    isOn,
    ensure() {
      if (!isOn()) {
        settings.put('ip_forward', '0')
        writeFileSync(sysctl, '1')
      }
      for (const { family, table, chain } of droppingChains(nft('list chains'))) {
        if (nft(`list chain ${family} ${table} ${chain}`).includes(mark)) continue
        nft(
          ['iifname', 'oifname']
            .map(side => `insert rule ${family} ${table} ${chain} ${side} "${names.prefix}*" accept comment "${mark}"`)
            .join('\n'),
        )
      }
    },
    forget: () => settings.drop('ip_forward'),
    restore() {
      if (settings.get('ip_forward') === '0') {
        writeFileSync(sysctl, '0')
        settings.drop('ip_forward')
      }
      for (const { family, table, chain } of droppingChains(nft('list chains'))) {
        const rules = nft(`list chain ${family} ${table} ${chain}`).split('\n')
        const handles = rules.flatMap(rule => (rule.includes(mark) ? (/# handle (\d+)/.exec(rule)?.[1] ?? []) : []))
        if (handles.length > 0) {
          nft(handles.map(handle => `delete rule ${family} ${table} ${chain} handle ${handle}`).join('\n'))
        }
      }
    },
  }
}

export interface Chain {
  family: string
  table: string
  chain: string
}

/**
 * Where an accept rule must stand, out of the text of `nft list chains`: in DOCKER-USER, the chain that Docker
 * leaves to others, or at the top of a forward chain whose policy drops.
 */
export function droppingChains(text: string): Chain[] {
  const found: Chain[] = []
  let family = ''
  let table = ''
  let chain = ''
  const dockerUser = new Set<string>()
  for (const line of text.split('\n')) {
    const tableLine = /^table (\S+) (\S+)/.exec(line)
    if (tableLine) [, family = '', table = ''] = tableLine
    const chainLine = /^\s+chain (\S+) \{/.exec(line)
    if (chainLine) chain = chainLine[1] ?? ''
    if (chain === 'DOCKER-USER') dockerUser.add(`${family} ${table}`)
    if ((family === 'ip' || family === 'inet') && /hook forward .*policy drop/.test(line))
      found.push({ family, table, chain })
  }
  return found.map(at => (dockerUser.has(`${at.family} ${at.table}`) ? { ...at, chain: 'DOCKER-USER' } : at))
}
