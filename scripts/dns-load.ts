// Asks the name server of the namespace it runs in, 127.0.0.11, for one name as fast as answers come, with so many
// questions in flight, for three seconds after one of warming up. `node dns-load.ts <name> <in flight>`.
import { createSocket } from 'node:dgram'

const [name = '', inFlight = '16'] = process.argv.slice(2)
const [warmUp, measured] = [1000, 3000]
const labels = name.split('.').flatMap(label => [label.length, ...Buffer.from(label)])
const question = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1])

const socket = createSocket('udp4')
const sentAt = new Map<number, number>()
const taken: number[] = []
const began = performance.now()
let next = 0

const ask = () => {
  const id = next++ & 0xffff
  const query = Buffer.from(question)
  query.writeUInt16BE(id)
  sentAt.set(id, performance.now())
  socket.send(query)
}

socket.on('message', answer => {
  const now = performance.now()
  const sent = sentAt.get(answer.readUInt16BE(0))
  if (sent === undefined || answer.readUInt16BE(6) === 0) throw new Error('an answer without an address')
  if (now - began > warmUp) taken.push(now - sent)
  if (now - began < warmUp + measured) return ask()
  taken.sort((a, b) => a - b)
  const p99 = taken[Math.floor(taken.length * 0.99)]
  process.stdout.write(JSON.stringify({ perSecond: Math.round(taken.length / (measured / 1000)), p99 }))
  process.exit()
})
socket.connect(53, '127.0.0.11', () => {
  for (let count = 0; count < Number(inFlight); count++) ask()
})
