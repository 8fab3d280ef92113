// A service: a row for every attribute, in the order in which Compose prints them, which is part of the config hash.
// Sizes are bytes, durations nanoseconds, paths absolute; lists and maps are always present, scalars and groups
// only when they say something.
import type * as schema from '../../../../schema/service.ts'
import { group, listOf, mapOf, nullable, type Shape } from '../kinds/collection.ts'
import type { RowsOf } from '../kinds/rows.ts'
import {
  bytes,
  flag,
  float32,
  integer,
  optionalDuration,
  optionalFlag,
  optionalInteger,
  text,
  unlessFalse,
} from '../kinds/scalar.ts'
import { command, hosts, mapping, repeatable, ulimit, variables } from '../kinds/special.ts'
import { makeBuild } from './build.ts'
import { needed, texts, word } from './common.ts'
import { makeBlkio, makeDeploy, makeDeviceRequests } from './deploy.ts'
import { makeDependencies, makeDevelop, makeHealthcheck, makeHooks } from './lifecycle.ts'
import { makeAttachments, makePorts } from './network.ts'
import { makeDeviceMappings, makeFileReferences, makeVolumeMounts } from './storage.ts'
import type { CgroupNamespace } from './words.ts'

type EnvFileDefinition = (typeof schema.envFile)['oneOf'][1]['items']
type ModelReferenceDefinition =
  (typeof schema.modelReferences)['oneOf'][1]['patternProperties']['^[a-zA-Z0-9._-]+$']['oneOf'][0]

const makeEnvFile = () =>
  group({ path: needed, required: unlessFalse, format: text } satisfies RowsOf<EnvFileDefinition>, { closed: true })

const makeModelReference = () => group({ endpointVar: text, modelVar: text } satisfies RowsOf<ModelReferenceDefinition>)

/** A service without its name, which is its key, and its hash, which is computed from this table. */
export type ServiceAttributes = Shape<typeof makeService>

export function makeService() {
  const hooks = makeHooks()
  return group({
    profiles: texts,
    annotations: mapping,
    /** Absent means true: `up` shows its output. */
    attach: optionalFlag,
    build: makeBuild(),
    develop: makeDevelop(),
    blkioConfig: makeBlkio(),
    capAdd: texts,
    capDrop: texts,
    cgroupParent: text,
    cgroup: word<CgroupNamespace>(),
    cpuCount: integer,
    cpuPercent: float32,
    cpuPeriod: integer,
    cpuQuota: integer,
    cpuRtPeriod: integer,
    cpuRtRuntime: integer,
    cpus: float32,
    cpuset: text,
    cpuShares: integer,
    /** null: the image's. An empty list clears the image's. */
    command,
    configs: makeFileReferences(),
    containerName: text,
    credentialSpec: group({ config: text, file: text, registry: text } satisfies RowsOf<typeof schema.credentialSpec>),
    /** By service name; also what links, volumes_from and service namespaces imply. */
    dependsOn: makeDependencies(),
    deploy: makeDeploy(),
    deviceCgroupRules: texts,
    devices: makeDeviceMappings(),
    dns: texts,
    dnsOpt: texts,
    dnsSearch: texts,
    domainname: text,
    /** null: the image's. An empty list clears the image's entrypoint and command. */
    entrypoint: command,
    provider: group({ type: needed, options: repeatable } satisfies RowsOf<typeof schema.provider>),
    /** Files and `environment` together, resolved; null: the variable is to be unset. */
    environment: variables,
    /** Already read into `environment`. */
    envFile: listOf(makeEnvFile()),
    expose: texts,
    externalLinks: texts,
    /** Host name to its addresses. */
    extraHosts: hosts,
    groupAdd: texts,
    gpus: makeDeviceRequests(),
    hostname: text,
    healthcheck: makeHealthcheck(),
    image: text,
    init: optionalFlag,
    ipc: text,
    isolation: text,
    /** Files and `labels` together. Compose's own labels are not among them. */
    labels: mapping,
    /** Already read into `labels`. */
    labelFile: texts,
    links: texts,
    logging: group({ driver: text, options: mapping } satisfies RowsOf<typeof schema.logging>),
    memLimit: bytes,
    memReservation: bytes,
    memswapLimit: bytes,
    memSwappiness: bytes,
    macAddress: text,
    models: mapOf(nullable(makeModelReference())),
    /** Excludes `networks`. */
    networkMode: text,
    networks: makeAttachments(),
    oomKillDisable: flag,
    oomScoreAdj: integer,
    pid: text,
    pidsLimit: integer,
    platform: text,
    ports: makePorts(),
    privileged: flag,
    pullPolicy: text,
    readOnly: flag,
    restart: text,
    runtime: text,
    /** Replicas; `deploy.replicas` agrees with it. Ask `replicasOf` for the number. */
    scale: optionalInteger,
    secrets: makeFileReferences(),
    securityOpt: texts,
    shmSize: bytes,
    stdinOpen: flag,
    /** Nanoseconds; absent means 10 s. */
    stopGracePeriod: optionalDuration,
    stopSignal: text,
    storageOpt: mapOf(needed),
    sysctls: mapping,
    tmpfs: texts,
    tty: flag,
    ulimits: mapOf(ulimit),
    useApiSocket: flag,
    user: text,
    usernsMode: text,
    uts: text,
    volumes: makeVolumeMounts(),
    volumesFrom: texts,
    workingDir: text,
    preStart: hooks,
    postStart: hooks,
    preStop: hooks,
    // Loading resolves the first away; nobody has a use for the second.
  } satisfies RowsOf<typeof schema.service, 'extends' | 'pull_refresh_after'>)
}
