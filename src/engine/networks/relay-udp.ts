// UDP to a published port that no rule can send on: on [::] and [::1]. UDP has no connections: each sender has a
// socket of its own towards the container, as long as something goes either way.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Relayed } from './relay-tcp.ts'

/** Docker's proxy keeps a sender for as long. */
const idleMs = 90_000
/** More senders than this at a time are a flood: the oldest gives way. */
const mostSenders = 1024

interface Sender {
  upstream: Socket
  timer: NodeJS.Timeout
}

/** Answers go back from the address that was asked. The descriptor belongs to the socket from then on. */
export function relayUdp(relayed: Relayed, fd: number): { close(): void } {
  const socket = createSocket('udp6')
  const senders = new Map<string, Sender>()
  socket.on('error', () => close())
  socket.on('message', (message, from) => {
    const { target, request } = relayed
    if (!target) return
    senderOf(from, target.address, request.port).upstream.send(message, request.port, target.address)
  })
  socket.bind({ fd })
  socket.unref()
  return { close }

  function senderOf(from: RemoteInfo, address: string, port: number): Sender {
    const key = `${from.address} ${from.port} ${address}`
    const known = senders.get(key)
    if (known) {
      known.timer.refresh()
      return known
    }
    const [oldest] = senders.keys()
    if (senders.size >= mostSenders && oldest !== undefined) forget(oldest)
    const upstream = createSocket('udp4')
    const sender = { upstream, timer: setTimeout(() => forget(key), idleMs).unref() }
    senders.set(key, sender)
    upstream.on('message', (answer, by) => {
      if (by.port !== port || by.address !== address) return
      sender.timer.refresh()
      socket.send(answer, from.port, from.address)
    })
    upstream.on('error', () => forget(key))
    upstream.unref()
    return sender
  }

  function forget(key: string): void {
    const sender = senders.get(key)
    if (!sender) return
    senders.delete(key)
    clearTimeout(sender.timer)
    sender.upstream.close()
  }

  function close(): void {
    for (const key of [...senders.keys()]) forget(key)
    try {
      socket.close()
    } catch {
      // Closed already, by an error.
    }
  }
}
