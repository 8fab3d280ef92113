// `node test/oracle/docker/record.ts DOCKER_HOST [EXPRESSION OF NAMES]`: runs the cases of the docker CLI on a real Docker
// Engine and writes down what it says, beside each script. test/engine/docker-cli.test.ts compares our engine with that.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { busyboxTar } from '../../busybox.ts'
import { dockerCli } from '../../docker-cli.ts'
import { runCase } from '../commands/run-case.ts'
import type { Block } from '../commands/transcript.ts'

const cases = new URL('cases/', import.meta.url).pathname
const [, , dockerHost = '', pattern = ''] = process.argv
const docker = dockerCli()
const env = { ...process.env, DOCKER_HOST: dockerHost }
execFileSync(docker, ['import', '-c', 'CMD ["sh"]', '-', 'busybox:latest'], {
  env,
  input: readFileSync(busyboxTar()),
  stdio: ['pipe', 'ignore', 'inherit'],
})

const section = (name: string, lines: readonly string[]): string =>
  lines.length > 0 ? `${name}:\n${lines.map(line => `  ${line}\n`).join('')}` : ''

const written = ({ line, stdout, stderr, exit }: Block): string =>
  `$ ${line}\n${section('stdout', stdout)}${section('stderr', stderr)}exit: ${exit}\n`

for (const name of readdirSync(cases).filter(one => new RegExp(pattern).test(one))) {
  const socketPath = dockerHost.slice('unix://'.length)
  const blocks = await runCase(name, { cases, entry: '', engineRoot: '/no-engine', socketPath, docker })
  writeFileSync(join(cases, name, 'transcript'), blocks.map(written).join('\n'))
  console.log(name)
}
