// The name server of one container, inside its network namespace: sockets on a high port of 127.0.0.11, and a
// redirect from port 53, which stays free for a server of the container's own.
import { createSocket, type Socket } from 'node:dgram'
import { createServer, isIPv4, isIPv6, type Server } from 'node:net'
import { isErrno } from '../../shared/errors.ts'
import { AF, bind, close, getsockname, listen, SOCK, socket } from '../kernel/libc.ts'
import { inNetns } from '../kernel/namespaces.ts'
import { nft } from '../kernel/nftables.ts'
import { formatAddress, parseAddress } from '../networks/addresses.ts'
import { socketAddress } from '../networks/socket-address.ts'
import type { Links } from './links.ts'
import {
  type Answer,
  encodeAnswer,
  encodeName,
  parseQuestion,
  type Question,
  RCODE,
  reverseAddress,
  TYPE,
  truncated,
} from './message.ts'
import { ask, withLength } from './upstream.ts'
import type { Zone } from './zone.ts'

export const dnsAddress = '127.0.0.11'
const plainUdpLimit = 512

export interface DnsServerOptions {
  netns: string
  /** The networks of the container, whose names it may ask for. */
  networkIds: () => readonly string[]
  zone: () => Zone
  /** What the container itself calls others. */
  links: () => Links
  upstreams: () => readonly string[]
  /** The ports of an earlier server of this namespace, whose redirect still stands. */
  ports?: DnsPorts | undefined
}

export interface DnsPorts {
  udp: number
  tcp: number
}

export interface DnsServer {
  ports: DnsPorts
  close(): void
}

/** Synchronous: when it returns, the container's first question will be answered. */
export function startDnsServer(options: DnsServerOptions): DnsServer {
  const { ports, udpFd, tcpFd } = inNetns(options.netns, () => openSockets(options.ports))
  let turn = 0
  // Names of containers are answered at once, without the detour of a promise: they are what is asked most.
  const answer: Respond = (query, question, protocol) =>
    answerFromZone(options, query, question, turn++) ??
    ask(options.upstreams(), query, protocol).then(found => found ?? encodeAnswer(query, question, RCODE.SERVFAIL, []))
  const udp = serveUdp(udpFd, answer)
  const tcp = serveTcp(tcpFd, answer)
  return {
    ports,
    close() {
      udp.close()
      tcp.close()
    },
  }
}

function answerFromZone(
  { networkIds: networks, zone, links }: DnsServerOptions,
  query: Buffer,
  question: Question,
  turn: number,
): Buffer | undefined {
  const networkIds = networks()
  if (question.type === TYPE.PTR) {
    const address = reverseAddress(question.name)
    const name = address === undefined ? undefined : zone().reverse(networkIds, canonical(address))
    return name === undefined
      ? undefined
      : encodeAnswer(query, question, RCODE.NOERROR, [{ type: TYPE.PTR, data: encodeName(name) }])
  }
  const addresses = links().lookup(zone(), question.name) ?? zone().lookup(networkIds, question.name)
  if (!addresses) return undefined
  // The name exists: other types have no answer, which is not the same as a name that doesn't exist.
  const { type } = question
  const answers: Answer[] = addresses
    .filter(address => type === (isIPv4(address) ? TYPE.A : TYPE.AAAA))
    .map(address => ({ type, data: parseAddress(address).bytes }))
  const first = answers.length > 0 ? turn % answers.length : 0
  return encodeAnswer(query, question, RCODE.NOERROR, [...answers.slice(first), ...answers.slice(0, first)])
}

/** As the zone has it; what is no address is nobody's. */
const canonical = (address: string) => (isIPv6(address) ? formatAddress(parseAddress(address)) : address)

interface OpenSockets {
  ports: DnsPorts
  udpFd: number
  tcpFd: number
}

function openSockets(before: DnsPorts | undefined): OpenSockets {
  if (!before) return redirected('')
  try {
    return boundTo(before)
  } catch (error) {
    // The container itself has taken one, or the kernel holds it for a minute for a connection that was open.
    if (isErrno(error, 'EADDRINUSE')) return redirected(withoutRedirect)
    throw error
  }
}

function redirected(first: string): OpenSockets {
  const opened = boundTo({ udp: 0, tcp: 0 })
  try {
    nft(first + redirect(opened.ports))
    return opened
  } catch (error) {
    close(opened.udpFd)
    close(opened.tcpFd)
    throw error
  }
}

/** 0 is any port that is free. */
function boundTo({ udp, tcp }: DnsPorts): OpenSockets {
  const udpFd = socket(AF.INET, SOCK.DGRAM | SOCK.NONBLOCK, 0)
  const tcpFd = socket(AF.INET, SOCK.STREAM | SOCK.NONBLOCK, 0)
  try {
    bind(udpFd, socketAddress(dnsAddress, udp))
    bind(tcpFd, socketAddress(dnsAddress, tcp))
    listen(tcpFd)
    return {
      ports: { udp: getsockname(udpFd).readUInt16BE(2), tcp: getsockname(tcpFd).readUInt16BE(2) },
      udpFd,
      tcpFd,
    }
  } catch (error) {
    close(udpFd)
    close(tcpFd)
    throw error
  }
}

/** Of an earlier server; in one transaction with what takes its place. */
const withoutRedirect = 'add table ip tsc_compose_dns\ndelete table ip tsc_compose_dns\n'

const redirect = ({ udp, tcp }: DnsPorts) => `table ip tsc_compose_dns {
  chain output {
    type nat hook output priority -100
    ip daddr ${dnsAddress} udp dport 53 dnat to ${dnsAddress}:${udp}
    ip daddr ${dnsAddress} tcp dport 53 dnat to ${dnsAddress}:${tcp}
  }
}
`

type Respond = (query: Buffer, question: Question, protocol: 'udp' | 'tcp') => Buffer | Promise<Buffer>

function serveUdp(fd: number, respond: Respond): Socket {
  const server = createSocket('udp4')
  server.on('error', () => {})
  server.on('message', (query, client) => {
    const question = parseQuestion(query)
    if (!question) return
    const reply = (response: Buffer) => {
      const limit = Math.max(plainUdpLimit, advertisedSize(query, question))
      try {
        server.send(truncated(response, question, limit), client.port, client.address)
      } catch {
        // The container has gone meanwhile.
      }
    }
    const response = respond(query, question, 'udp')
    if (response instanceof Promise) void response.then(reply)
    else reply(response)
  })
  server.bind({ fd })
  server.unref()
  return server
}

/** The size that an OPT record (RFC 6891) at the end of the query announces. */
function advertisedSize(query: Buffer, { end }: Question): number {
  const additional = query.readUInt16BE(10)
  if (additional === 0 || query.length < end + 11) return plainUdpLimit
  const [root, type] = [query[end], query.readUInt16BE(end + 1)]
  return root === 0 && type === 41 ? query.readUInt16BE(end + 3) : plainUdpLimit
}

function serveTcp(fd: number, respond: Respond): Server {
  const idle = 10_000
  const server = createServer(client => {
    let received: Buffer = Buffer.alloc(0)
    client.setTimeout(idle, () => client.destroy())
    client.on('error', () => client.destroy())
    client.on('data', async (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
        const length = received.readUInt16BE(0)
        const query = received.subarray(2, length + 2)
        received = received.subarray(length + 2)
        const question = parseQuestion(query)
        const response = question && (await respond(query, question, 'tcp'))
        if (response && !client.destroyed) client.write(withLength(response))
      }
    })
  })
  server.on('error', () => server.close())
  server.listen({ fd })
  server.unref()
  return server
}
