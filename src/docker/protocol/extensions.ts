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

const flag: Shape = { type: 'boolean' }
const number: Shape = { type: 'integer' }
const texts: Shape = { type: 'array', items: text }
const named: Shape = { type: 'map', values: text }
const build: Shape = {
  type: 'object',
  properties: {
    Context: text,
    Dockerfile: text,
    DockerfileInline: text,
    Target: text,
    Args: named,
    Contexts: named,
    Tags: texts,
    Labels: named,
    Platform: text,
    NoCache: flag,
    NoCacheFilter: texts,
    Pull: flag,
    Network: text,
    ExtraHosts: texts,
    ShmSize: number,
    Memory: number,
    Ulimits: { type: 'array', items: { type: 'object', properties: { Name: text, Soft: number, Hard: number } } },
    Entitlements: texts,
    Secrets: named,
    Ssh: named,
    CacheFrom: texts,
    CacheTo: {
      type: 'array',
      items: { type: 'object', properties: { Ref: text, Mode: text, IgnoreError: flag } },
    },
    InlineCache: flag,
    Check: flag,
    Auth: { type: 'map', values: {} },
  },
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
  /** The log of a container that has ended goes before that of the one that takes its place. */
  logHistory: {
    route: 'POST /x/log-history',
    tag: 'Extension',
    query: {},
    body: { type: 'object', properties: { From: text, To: text } },
    bodyRequired: true,
    ofDocker: "a Docker Engine forgets a container's log with the container",
  },
  /** Builds from folders of the host, which no archive has to carry. */
  build: {
    route: 'POST /x/build',
    tag: 'Extension',
    query: {},
    body: build,
    bodyRequired: true,
    ofDocker: 'a Docker Engine builds from an archive (POST /build) or by BuildKit',
  },
} as const satisfies Record<string, Extension>

export type ExtensionName = keyof typeof extensions

export interface WantedPort {
  HostIp?: string | undefined
  HostPort: number
  Protocol?: 'tcp' | 'udp' | undefined
}

export interface WantedBuild {
  /** An absolute folder of the engine's host, or the address of an archive or a git repository. */
  Context?: string | undefined
  /** Below the context, or absolute. */
  Dockerfile?: string | undefined
  DockerfileInline?: string | undefined
  Target?: string | undefined
  Args?: Record<string, string> | undefined
  /** Absolute folders, addresses of git repositories, `docker-image://name`, or `local-image://name`: one of the engine's own. */
  Contexts?: Record<string, string> | undefined
  Tags?: string[] | undefined
  Labels?: Record<string, string> | undefined
  Platform?: string | undefined
  NoCache?: boolean | undefined
  NoCacheFilter?: string[] | undefined
  Pull?: boolean | undefined
  Network?: string | undefined
  ExtraHosts?: string[] | undefined
  ShmSize?: number | undefined
  Memory?: number | undefined
  Ulimits?: { Name?: string | undefined; Soft?: number | undefined; Hard?: number | undefined }[] | undefined
  Entitlements?: string[] | undefined
  /** Contents in base64, by id. */
  Secrets?: Record<string, string> | undefined
  /** Sockets of agents, by id. */
  Ssh?: Record<string, string> | undefined
  /** Images in registries. */
  CacheFrom?: string[] | undefined
  CacheTo?: { Ref: string; Mode?: 'min' | 'max' | undefined; IgnoreError?: boolean | undefined }[] | undefined
  InlineCache?: boolean | undefined
  /** Only read, and what could be better is told. */
  Check?: boolean | undefined
  /** What a registry takes (AuthConfig), by registry. */
  Auth?: Record<string, object> | undefined
}

export interface ExtensionBodies {
  status: undefined
  logs: undefined
  shutdown: { stopContainers?: boolean | undefined }
  sync: undefined
  ports: WantedPort[]
  build: WantedBuild
  /** Ids. */
  logHistory: { From: string; To: string }
}

/** `logs` answers with a stream of text, `build` with one of BuildEvents. */
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
  build: never
  logHistory: undefined
  ports: { HostIp: string; HostPort: number; Protocol: string; Holder: string }[]
}
