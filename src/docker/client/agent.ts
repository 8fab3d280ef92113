// Connections to an endpoint, kept alive between calls. node:http is fetched with getBuiltinModule: an import
// of it costs 40 ms at start-up.
import type { Agent } from 'node:http'
import type { Endpoint } from './endpoint.ts'
import { dialSsh } from './ssh.ts'

/** What http.request needs to reach the endpoint; `close` ends the idle connections. */
export interface Reach {
  http: Pick<typeof import('node:http'), 'request'>
  options: { agent: Agent; socketPath?: string; host?: string; port?: number; path?: string }
  close(): void
}

export function reach(endpoint: Endpoint): Reach {
  const http = process.getBuiltinModule('node:http')
  const kept = { keepAlive: true, scheduling: 'lifo' } as const
  switch (endpoint.kind) {
    case 'unix': {
      const agent = new http.Agent(kept)
      return { http, options: { agent, socketPath: endpoint.path }, close: () => agent.destroy() }
    }
    case 'tcp': {
      const { host, port, tls } = endpoint
      if (!tls) {
        const agent = new http.Agent(kept)
        return { http, options: { agent, host, port }, close: () => agent.destroy() }
      }
      const https = process.getBuiltinModule('node:https')
      const agent = new https.Agent({
        ...kept,
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
        rejectUnauthorized: tls.verify,
      })
      return { http: https, options: { agent, host, port }, close: () => agent.destroy() }
    }
    case 'ssh': {
      const agent = new http.Agent(kept)
      agent.createConnection = () => dialSsh(endpoint)
      return { http, options: { agent, host: 'docker' }, close: () => agent.destroy() }
    }
  }
}
