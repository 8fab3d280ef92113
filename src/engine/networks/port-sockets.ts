// The sockets that hold a published port on the host: one for each address, all or none.
import { createSocket, type Socket } from 'node:dgram'
import { isErrno } from '../../shared/errors.ts'
import { AF, bind, close, getsockname, listen, SOCK, setsockopt, socket } from '../kernel/libc.ts'
import { relayTcp } from './relay-tcp.ts'
import { relayUdp } from './relay-udp.ts'
import { socketAddress } from './socket-address.ts'

export interface PortRequest {
  protocol: 'tcp' | 'udp'
  /** '' is every address, IPv4 and IPv6. */
  hostAddress: string
  /** First and last acceptable port of the host; 0 leaves the choice to the kernel. */
  first: number
  last: number
  port: number
}

export interface Held {
  close(): void
}

export interface Reservation {
  request: PortRequest
  hostPort: number
  owner: string
  target: { address: string } | undefined
  sockets: Held[]
}

/** Binds the port on every address it is published on, all or none. A choice of the kernel's is kept in hostPort. */
export function takePort(reservation: Reservation): void {
  const { hostAddress } = reservation.request
  const addresses = hostAddress === '' ? ['0.0.0.0', '::'] : [hostAddress]
  try {
    for (const address of addresses) takeAddress(reservation, address)
  } catch (error) {
    for (const held of reservation.sockets) held.close()
    reservation.sockets = []
    throw error
  }
}

const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const IPPROTO_IPV6 = 41
const IPV6_V6ONLY = 26

function takeAddress(reservation: Reservation, address: string): void {
  const isV6 = address.includes(':')
  const isTcp = reservation.request.protocol === 'tcp'
  const fd = socket(isV6 ? AF.INET6 : AF.INET, isTcp ? SOCK.STREAM : SOCK.DGRAM, 0)
  try {
    if (isTcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1)
    if (isV6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)
    bind(fd, socketAddress(address, reservation.hostPort))
    if (reservation.hostPort === 0) reservation.hostPort = getsockname(fd).readUInt16BE(2)
    if (isTcp) listen(fd)
  } catch (error) {
    close(fd)
    // A host without IPv6 has no [::] to hold.
    if (isV6 && isErrno(error, 'EAFNOSUPPORT', 'EADDRNOTAVAIL')) return
    throw error
  }
  reservation.sockets.push(isTcp ? relayTcp(reservation, fd) : isV6 ? relayUdp(reservation, fd) : holdUdp(fd))
}

function holdUdp(fd: number): Socket {
  const held = createSocket('udp4')
  held.on('error', () => held.close())
  held.bind({ fd })
  held.unref()
  return held
}
