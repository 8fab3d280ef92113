// What Docker has no word for: routes under /x/ of our engine, announced in the ping's X-Extensions by these names.
// One row each; engine and client have their routes, shapes and answers from here.
import type { Operation, Shape } from './contract.ts'

export interface Extension extends Operation {
  readonly route: `${'GET' | 'POST'} /x/${string}`
  /** What the reader is told where the engine is a real Docker, which has none of these. */
  readonly ofDocker: string
}

const text: Shape = { type: 'string' }
const port: Shape = {
  type: 'object',
  properties: { HostIp: text, HostPort: { type: 'integer' }, Protocol: text },
}

export const extensions = {
  status: {
    route: 'GET /x/status',
    tag: 'Extension',
    query: {},
    ofDocker: 'a Docker Engine tells of itself with: docker info',
  },
  logs: {
    route: 'GET /x/logs',
    tag: 'Extension',
    query: { follow: 'boolean' },
    ofDocker: "the log of a Docker Engine is its service manager's: journalctl -u docker",
  },
  shutdown: {
    route: 'POST /x/shutdown',
    tag: 'Extension',
    query: {},
    body: { type: 'object', properties: { stopContainers: { type: 'boolean' } } },
    ofDocker: 'a Docker Engine is ended by its service manager: systemctl stop docker',
  },
  /** Files into a container, and files that are to go, in one archive: names as a layer's whiteouts delete. */
  sync: {
    route: 'POST /x/sync',
    tag: 'Extension',
    query: { container: 'string' },
    ofDocker: 'a Docker Engine takes files in, and has them removed by a program in the container',
  },
  /** Tells who holds ports that a project is about to publish, before anything of it is created. */
  ports: {
    route: 'POST /x/ports',
    tag: 'Extension',
    query: {},
    body: { type: 'array', items: port },
    bodyRequired: true,
    ofDocker: 'a Docker Engine tells who holds a port only when a container is started',
  },
} as const satisfies Record<string, Extension>

export type ExtensionName = keyof typeof extensions

export interface WantedPort {
  HostIp?: string | undefined
  HostPort: number
  Protocol?: 'tcp' | 'udp' | undefined
}

export interface ExtensionBodies {
  status: undefined
  logs: undefined
  shutdown: { stopContainers?: boolean | undefined }
  sync: undefined
  ports: WantedPort[]
}

/** `logs` answers with a stream of text. */
export interface ExtensionAnswers {
  status: {
    version: string
    pid: number
    startedAt: string
    dataRoot: string
    socket: string
    runtime: string
    containers: { total: number; running: number }
    memoryBytes: number
  }
  logs: never
  shutdown: undefined
  sync: undefined
  ports: { HostIp: string; HostPort: number; Protocol: string; Holder: string }[]
}
