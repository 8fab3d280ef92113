// A registry that answers as registry-1.docker.io: a real one behind a certificate for that name, reached through a proxy
// that leads every connection there. The engine is told of both by its environment. As on Docker Hub, what is not there
// is denied, and there is nothing below orc/.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { startFaultyRegistry } from '../../faulty-registry.ts'
import { startRegistry } from '../../registry-process.ts'

export interface DockerHub extends AsyncDisposable {
  /** `127.0.0.1:port`, where images are put. */
  host: string
  /** For an engine that shall meet it. */
  env: { HTTPS_PROXY: string; TSC_COMPOSE_CONFIG: string }
}

const name = 'registry-1.docker.io'
const denied = JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] })

export async function startDockerHub(folder: string): Promise<DockerHub> {
  const config = join(folder, 'config')
  const trusted = join(config, 'certs.d/docker.io')
  mkdirSync(trusted, { recursive: true })
  const [key, certificate] = [join(folder, 'hub.key'), join(trusted, 'ca.crt')]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...subject], { stdio: 'ignore' })
  const registry = await startRegistry()
  const before = await startFaultyRegistry(registry.host, ({ path }) =>
    path.startsWith('/v2/orc/') ? { kind: 'status', status: 401, body: denied } : undefined,
  )
  const hub = https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) =>
    before.server.emit('request', request, response),
  )
  const hubPort = await listen(hub)
  const proxy = http.createServer((_, response) => response.writeHead(403).end())
  proxy.on('connect', ({ url }, socket) => {
    if (url !== `${name}:443`) return socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    const upstream = connect(hubPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    const end = () => {
      upstream.destroy()
      socket.destroy()
    }
    upstream.on('error', end)
    socket.on('error', end)
  })
  const proxyPort = await listen(proxy)
  return {
    host: registry.host,
    env: { HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`, TSC_COMPOSE_CONFIG: config },
    async [Symbol.asyncDispose]() {
      for (const server of [proxy, hub]) {
        server.closeAllConnections()
        server.close()
      }
      await before[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
}

/** The port that it has got. */
async function listen(server: http.Server | https.Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port.
  return (server.address() as AddressInfo).port
}
