// How the docker CLI is told which engine it is about: the one that we have reached, however that was named.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeEndpoint, type Endpoint } from '../../../docker/client/endpoint.ts'

/** `folder` is given the certificates, which docker reads from files. */
export function dockerEnvironment(endpoint: Endpoint, folder: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const reached = { ...env, DOCKER_HOST: describeEndpoint(endpoint), DOCKER_CONTEXT: '' }
  const tls = endpoint.kind === 'tcp' ? endpoint.tls : undefined
  if (!tls) return { ...reached, DOCKER_TLS: '', DOCKER_TLS_VERIFY: '' }
  for (const name of ['ca', 'cert', 'key'] as const)
    if (tls[name] !== undefined) writeFileSync(join(folder, `${name}.pem`), tls[name], { mode: 0o600 })
  return { ...reached, DOCKER_CERT_PATH: folder, DOCKER_TLS: '1', DOCKER_TLS_VERIFY: tls.verify ? '1' : '' }
}
