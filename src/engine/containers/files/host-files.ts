// resolv.conf, hosts and hostname of a container, as it is told them at each start.
import { readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { ComposeError } from '../../../shared/errors.ts'
import { dnsAddress } from '../../dns/server.ts'
import type { ContainerRecord } from '../record.ts'

export interface HostFiles {
  resolvConf: string
  hosts: string
  hostname: string
}

export const hostFilesOf = (folder: string): HostFiles => ({
  resolvConf: join(folder, 'resolv.conf'),
  hosts: join(folder, 'hosts'),
  hostname: join(folder, 'hostname'),
})

export interface HostFilesInput {
  record: ContainerRecord
  folder: string
  hostname: string
  /** The engine's name server answers there: not with the host's network or another container's. */
  ownDns: boolean
  /** What `host-gateway` in extra_hosts means. */
  gateway: string | undefined
}

export function writeHostFiles({ record, folder, hostname, ownDns, gateway }: HostFilesInput): void {
  const files = hostFilesOf(folder)
  writeFileSync(files.hostname, `${hostname}\n`)
  writeFileSync(files.hosts, hostsText(record, hostname, gateway))
  writeFileSync(files.resolvConf, resolvConfText(record, readResolvConf(), ownDns))
}

function hostsText(
  { host, config, endpoints }: ContainerRecord,
  hostname: string,
  gateway: string | undefined,
): string {
  const lines = [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::\tip6-localnet',
    'ff00::\tip6-mcastprefix',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
  ]
  for (const entry of host.extraHosts ?? []) {
    const at = entry.search(/[:=]/)
    const [name, address] = [entry.slice(0, at), entry.slice(at + 1).replace(/^\[|\]$/g, '')]
    const target = address === 'host-gateway' ? gateway : address
    if (!target)
      throw new ComposeError('failed_precondition', `unable to derive the IP value for host-gateway of ${name}`, {
        hint: 'the container has no network with a gateway',
      })
    lines.push(`${target}\t${name}`)
  }
  const full = config.domainname ? `${hostname}.${config.domainname} ${hostname}` : hostname
  for (const { active } of endpoints)
    for (const { address } of active?.addresses ?? []) lines.push(`${address}\t${full}`)
  return `${lines.join('\n')}\n`
}

export interface ResolvConf {
  nameservers: string[]
  search: string[]
  options: string[]
}

function resolvConfText({ host }: ContainerRecord, known: ResolvConf, ownDns: boolean): string {
  const named = host.dns ?? []
  const search = host.dnsSearch?.length ? host.dnsSearch.filter(name => name !== '.') : known.search
  const options = host.dnsOptions?.length ? host.dnsOptions : known.options
  const servers = ownDns ? [dnsAddress] : named.length > 0 ? named : known.nameservers
  // Names of services have no dot, and must be asked as they stand first.
  const all = ownDns && !options.some(option => option.startsWith('ndots:')) ? [...options, 'ndots:0'] : options
  return [
    ...servers.map(server => `nameserver ${server}`),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(all.length > 0 ? [`options ${all.join(' ')}`] : []),
    '',
  ].join('\n')
}

/** The host's resolv.conf(5). */
export function readResolvConf(path = '/etc/resolv.conf'): ResolvConf {
  const result: ResolvConf = { nameservers: [], search: [], options: [] }
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    // Without the file there are no servers.
  }
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && values[0] && isIP(values[0])) result.nameservers.push(values[0])
    if (keyword === 'search' || keyword === 'domain') result.search = values
    if (keyword === 'options') result.options = values
  }
  return result
}
