// `npm run test:faults -- --rounds 1000 --seed 7`: any number of rounds by hand, with figures at the end.
import { parseArgs } from 'node:util'
import { runRounds } from './rounds.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, seed: { type: 'string', default: String(Date.now() % 1e6) } },
})
const [rounds, seed] = [Number(values.rounds), Number(values.seed)]
console.log(`${rounds} rounds, seed ${seed}`)
const began = Date.now()
const { struck, recoveries, memoryBytes, descriptors } = await runRounds({
  rounds,
  seed,
  onRound: (round, victims) => console.log(`round ${round} holds: ${victims.join(', ') || 'nobody met'}`),
})
const at = (share: number) => `${Math.round(recoveries[Math.floor((recoveries.length - 1) * share)] ?? 0)} ms`
console.log(`${rounds} rounds of seed ${seed} hold, in ${Math.round((Date.now() - began) / 1000)} s`)
console.log(
  `killed: ${Object.entries(struck)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')}`,
)
console.log(`from the end of an engine to an answer of the next: median ${at(0.5)}, longest ${at(1)}`)
console.log(`engine at the end: ${Math.round(memoryBytes / 2 ** 20)} MiB resident, ${descriptors} descriptors`)
