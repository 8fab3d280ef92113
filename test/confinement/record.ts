// Records what the probe finds on a Docker Engine, to compare with: `DOCKER_HOST=… node test/confinement/record.ts`.
import { writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { Docker } from '../../src/docker/client/docker.ts'
import { parseHost } from '../../src/docker/client/endpoint.ts'
import { importProbe, probe } from './probe.ts'

const docker = new Docker(parseHost(process.env.DOCKER_HOST ?? '', () => undefined))
const { server } = await docker.negotiate()
await importProbe(docker)
const findings = await probe(docker)
const path = new URL(`./docker.${process.arch}.json`, import.meta.url).pathname
writeFileSync(path, `${JSON.stringify({ engine: server, kernel: release(), findings })}\n`)
console.log(
  path,
  Object.entries(findings)
    .map(([name, own]) => `${name} ${Object.keys(own).length}`)
    .join(', '),
)
docker.close()
