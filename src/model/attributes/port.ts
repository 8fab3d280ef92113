// The short form of a port: `[[ip:]host[-range]:]container[-range][/protocol]`.
import { isIP } from 'node:net'
import { ComposeError } from '../../shared/errors.ts'
import { type Tree, treeOf } from '../../shared/yaml/tree.ts'

/** One long form per container port, in the order in which Compose lists them. */
export function parsePort(text: string): Tree[] {
  const parts = text.split(':')
  const last = parts.pop() ?? ''
  const hostPort = parts.pop() ?? ''
  let hostIp = parts.join(':')
  const slash = last.indexOf('/')
  const container = slash < 0 ? last : last.slice(0, slash)
  const protocol = (slash < 0 ? '' : last.slice(slash + 1)).toLowerCase() || 'tcp'
  if (container === '') throw invalid(`no port specified: ${text}<empty>`)
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw invalid(`invalid proto: ${protocol}`)
  if (/^\[.*\]$/.test(hostIp)) hostIp = hostIp.slice(1, -1)
  if (hostIp !== '' && !isIpAddress(hostIp)) throw invalid(`invalid IP address: ${hostIp}`)
  const target = parseRange(container)
  if (target === undefined) throw invalid(`invalid containerPort: ${container}`)
  const host = hostPort === '' ? undefined : parseRange(hostPort)
  if (hostPort !== '' && host === undefined) throw invalid(`invalid hostPort: ${hostPort}`)
  const [first, end] = target
  if (host !== undefined && end - first !== host[1] - host[0] && end !== first)
    throw invalid(`invalid ranges specified for container and host Ports: ${container} and ${hostPort}`)

  const ports: { key: string; port: Tree }[] = []
  for (let i = 0; i <= end - first; i++) {
    const port = treeOf([
      ['mode', 'ingress'],
      ['protocol', protocol],
    ])
    // Port 0 is no port: it is missed where duplicates are looked for.
    if (first + i > 0) port.target = first + i
    if (hostIp !== '') port.host_ip = hostIp
    if (host !== undefined) {
      const range = first === end && host[0] !== host[1] ? `-${host[1]}` : ''
      port.published = `${host[0] + i}${range}`
    }
    ports.push({ key: `${first + i}/${protocol}`, port })
  }
  return ports.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ port }) => port)
}

/** IPv4 and IPv6, without a zone. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

function parseRange(text: string): [number, number] | undefined {
  const dash = text.indexOf('-')
  const start = parseNumber(dash < 0 ? text : text.slice(0, dash))
  const end = dash < 0 ? start : parseNumber(text.slice(dash + 1))
  if (start === undefined || end === undefined || end < start) return undefined
  return [start, end]
}

function parseNumber(text: string): number | undefined {
  return /^\+?[0-9]+$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined
}

function invalid(sentence: string): ComposeError {
  return new ComposeError('invalid_argument', sentence, {
    hint: 'A port is [[IP:]HOST:]CONTAINER[/PROTOCOL], each port a number or a range.',
  })
}
