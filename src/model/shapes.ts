// The tables of a Project: every attribute's key and kind, in the order in which Compose prints them.
// That order is part of the config hash.

import { group, listOf, mapOf, nullable, printedAlways } from './kinds/collection.ts'
import type { Kind } from './kinds/kind.ts'
import {
  always,
  bytes,
  duration,
  flag,
  float32,
  integer,
  optionalDuration,
  optionalFlag,
  optionalInteger,
  optionalUnsigned,
  shown,
  text,
  unlessFalse,
  unsigned16,
  unsigned32,
  unsigned64,
} from './kinds/scalar.ts'
import {
  command,
  cores,
  deviceCount,
  fileMode,
  healthTest,
  hosts,
  mapping,
  repeatable,
  sshKeys,
  ulimit,
  variables,
} from './kinds/special.ts'
import type { Config, Ipam, IpamPool, Model, Network, Secret, Volume } from './project.ts'
import type {
  BlkioConfig,
  CredentialSpec,
  Dependency,
  Develop,
  DeviceMapping,
  EnvFile,
  Healthcheck,
  Hook,
  Logging,
  ModelReference,
  Provider,
  Service,
  ThrottleDevice,
  WatchTrigger,
  WeightDevice,
} from './service.ts'
import type { Build } from './service-build.ts'
import type {
  Deploy,
  DeviceRequest,
  GenericResource,
  Placement,
  ResourceAmounts,
  Resources,
  RestartPolicy,
  UpdateConfig,
} from './service-deploy.ts'
import type {
  BindOptions,
  FileReference,
  ImageOptions,
  NetworkAttachment,
  Port,
  TmpfsOptions,
  VolumeMount,
  VolumeOptions,
} from './service-resources.ts'

/** The words of an enumeration were checked by the schema. */
function word<T extends string>(): Kind<T> {
  return needed as unknown as Kind<T>
}

const texts = listOf(text)
const needed = always(text, '')
const shownText = shown(text, '', String)

function makeFileReferences() {
  return listOf(
    group<FileReference>({
      source: ['source', needed],
      target: ['target', text],
      uid: ['uid', text],
      gid: ['gid', text],
      mode: ['mode', fileMode],
    }),
  )
}

function makeHook() {
  return group<Hook>({
    command: ['command', command],
    image: ['image', text],
    user: ['user', text],
    privileged: ['privileged', flag],
    workingDir: ['working_dir', text],
    environment: ['environment', variables],
    perReplica: ['per_replica', flag],
  })
}

function makeDeviceRequests() {
  return listOf(
    group<DeviceRequest>(
      {
        capabilities: ['capabilities', texts],
        driver: ['driver', text],
        count: ['count', deviceCount],
        deviceIds: ['device_ids', texts],
        options: ['options', mapping],
      },
      { closed: true },
    ),
  )
}

function makeBuild() {
  return group<Build>({
    context: ['context', text],
    dockerfile: ['dockerfile', text],
    dockerfileInline: ['dockerfile_inline', text],
    entitlements: ['entitlements', texts],
    args: ['args', variables],
    provenance: ['provenance', text],
    sbom: ['sbom', text],
    ssh: ['ssh', sshKeys],
    labels: ['labels', mapping],
    cacheFrom: ['cache_from', texts],
    cacheTo: ['cache_to', texts],
    noCache: ['no_cache', flag],
    noCacheFilter: ['no_cache_filter', texts],
    additionalContexts: ['additional_contexts', mapping],
    pull: ['pull', flag],
    extraHosts: ['extra_hosts', hosts],
    isolation: ['isolation', text],
    network: ['network', text],
    target: ['target', text],
    secrets: ['secrets', makeFileReferences()],
    shmSize: ['shm_size', bytes],
    tags: ['tags', texts],
    ulimits: ['ulimits', mapOf(ulimit)],
    platforms: ['platforms', texts],
    privileged: ['privileged', flag],
  })
}

function makeDevelop() {
  return group<Develop>({
    watch: [
      'watch',
      listOf(
        group<WatchTrigger>({
          path: ['path', shownText],
          action: ['action', shownText as unknown as Kind<WatchTrigger['action']>],
          target: ['target', text],
          exec: ['exec', printedAlways(makeHook(), () => new Map([['command', null]]))],
          include: ['include', texts],
          ignore: ['ignore', texts],
          initialSync: ['initial_sync', flag],
        }),
      ),
    ],
  })
}

function makeBlkio() {
  const throttle = listOf(
    group<ThrottleDevice>(
      { path: ['path', shownText, 'Path'], rate: ['rate', shown(bytes, 0, String), 'Rate'] },
      { jsonNames: { path: 'Path', rate: 'Rate' } },
    ),
  )
  return group<BlkioConfig>({
    weight: ['weight', unsigned16],
    weightDevice: [
      'weight_device',
      listOf(
        group<WeightDevice>(
          { path: ['path', shownText, 'Path'], weight: ['weight', shown(unsigned16, 0, Number), 'Weight'] },
          { jsonNames: { path: 'Path', weight: 'Weight' } },
        ),
      ),
    ],
    deviceReadBps: ['device_read_bps', throttle],
    deviceReadIops: ['device_read_iops', throttle],
    deviceWriteBps: ['device_write_bps', throttle],
    deviceWriteIops: ['device_write_iops', throttle],
  })
}

function makeDeploy() {
  const update = group<UpdateConfig>({
    parallelism: ['parallelism', optionalUnsigned],
    delay: ['delay', duration],
    failureAction: ['failure_action', text],
    monitor: ['monitor', duration],
    maxFailureRatio: ['max_failure_ratio', float32],
    order: ['order', text],
  })
  const amounts = group<ResourceAmounts>({
    cpus: ['cpus', cores],
    memory: ['memory', bytes],
    pids: ['pids', integer],
    devices: ['devices', makeDeviceRequests()],
    genericResources: [
      'generic_resources',
      listOf(
        group<GenericResource>({
          discreteResourceSpec: [
            'discrete_resource_spec',
            group<NonNullable<GenericResource['discreteResourceSpec']>>({
              kind: ['kind', shownText],
              value: ['value', shown(integer, 0, Number)],
            }),
          ],
        }),
      ),
    ],
  })
  return group<Deploy>({
    mode: ['mode', text],
    replicas: ['replicas', optionalInteger],
    labels: ['labels', mapping],
    updateConfig: ['update_config', update],
    rollbackConfig: ['rollback_config', update],
    resources: [
      'resources',
      group<Resources>({ limits: ['limits', amounts], reservations: ['reservations', amounts] }, { always: true }),
    ],
    restartPolicy: [
      'restart_policy',
      group<RestartPolicy>({
        condition: ['condition', text],
        delay: ['delay', optionalDuration],
        maxAttempts: ['max_attempts', optionalUnsigned],
        window: ['window', optionalDuration],
      }),
    ],
    placement: [
      'placement',
      group<Placement>(
        {
          constraints: ['constraints', texts],
          preferences: ['preferences', listOf(group<Placement['preferences'][number]>({ spread: ['spread', text] }))],
          maxReplicasPerNode: ['max_replicas_per_node', unsigned64],
        },
        { always: true },
      ),
    ],
    endpointMode: ['endpoint_mode', text],
  })
}

function makeVolumeMounts() {
  return listOf(
    group<VolumeMount>({
      type: ['type', word()],
      source: ['source', text],
      target: ['target', text],
      readOnly: ['read_only', flag],
      consistency: ['consistency', text],
      bind: [
        'bind',
        group<BindOptions>({
          selinux: ['selinux', text],
          propagation: ['propagation', text],
          createHostPath: ['create_host_path', unlessFalse],
          recursive: ['recursive', text],
        }),
      ],
      volume: [
        'volume',
        group<VolumeOptions>({
          labels: ['labels', mapping],
          nocopy: ['nocopy', flag],
          subpath: ['subpath', text],
        }),
      ],
      tmpfs: ['tmpfs', group<TmpfsOptions>({ size: ['size', bytes], mode: ['mode', unsigned32] })],
      image: ['image', group<ImageOptions>({ subpath: ['subpath', text] })],
    }),
  )
}

/** A service without its name, which is its key, and its hash, which is computed from this table. */
export function makeService(): Kind<Omit<Service, 'name' | 'configHash'>> {
  const hooks = listOf(makeHook())
  return group<Omit<Service, 'name' | 'configHash'>>({
    profiles: ['profiles', texts],
    annotations: ['annotations', mapping],
    attach: ['attach', optionalFlag],
    build: ['build', makeBuild()],
    develop: ['develop', makeDevelop()],
    blkioConfig: ['blkio_config', makeBlkio()],
    capAdd: ['cap_add', texts],
    capDrop: ['cap_drop', texts],
    cgroupParent: ['cgroup_parent', text],
    cgroup: ['cgroup', text],
    cpuCount: ['cpu_count', integer],
    cpuPercent: ['cpu_percent', float32],
    cpuPeriod: ['cpu_period', integer],
    cpuQuota: ['cpu_quota', integer],
    cpuRtPeriod: ['cpu_rt_period', integer],
    cpuRtRuntime: ['cpu_rt_runtime', integer],
    cpus: ['cpus', float32],
    cpuset: ['cpuset', text],
    cpuShares: ['cpu_shares', integer],
    command: ['command', command],
    configs: ['configs', makeFileReferences()],
    containerName: ['container_name', text],
    credentialSpec: [
      'credential_spec',
      group<CredentialSpec>({ config: ['config', text], file: ['file', text], registry: ['registry', text] }),
    ],
    dependsOn: [
      'depends_on',
      mapOf(
        group<Dependency>({
          condition: ['condition', word()],
          restart: ['restart', flag],
          required: ['required', optionalFlag],
        }),
      ),
    ],
    deploy: ['deploy', makeDeploy()],
    deviceCgroupRules: ['device_cgroup_rules', texts],
    devices: [
      'devices',
      listOf(
        group<DeviceMapping>({
          source: ['source', text],
          target: ['target', text],
          permissions: ['permissions', text],
        }),
      ),
    ],
    dns: ['dns', texts],
    dnsOpt: ['dns_opt', texts],
    dnsSearch: ['dns_search', texts],
    domainname: ['domainname', text],
    entrypoint: ['entrypoint', command],
    provider: ['provider', group<Provider>({ type: ['type', needed], options: ['options', repeatable] })],
    environment: ['environment', variables],
    envFile: [
      'env_file',
      listOf(
        group<EnvFile>(
          { path: ['path', needed], required: ['required', unlessFalse], format: ['format', text] },
          { closed: true },
        ),
      ),
    ],
    expose: ['expose', texts],
    externalLinks: ['external_links', texts],
    extraHosts: ['extra_hosts', hosts],
    groupAdd: ['group_add', texts],
    gpus: ['gpus', makeDeviceRequests()],
    hostname: ['hostname', text],
    healthcheck: [
      'healthcheck',
      group<Healthcheck>({
        test: ['test', healthTest],
        timeout: ['timeout', optionalDuration],
        interval: ['interval', optionalDuration],
        retries: ['retries', optionalUnsigned],
        startPeriod: ['start_period', optionalDuration],
        startInterval: ['start_interval', optionalDuration],
        disable: ['disable', flag],
      }),
    ],
    image: ['image', text],
    init: ['init', optionalFlag],
    ipc: ['ipc', text],
    isolation: ['isolation', text],
    labels: ['labels', mapping],
    labelFile: ['label_file', texts],
    links: ['links', texts],
    logging: ['logging', group<Logging>({ driver: ['driver', text], options: ['options', mapping] })],
    memLimit: ['mem_limit', bytes],
    memReservation: ['mem_reservation', bytes],
    memswapLimit: ['memswap_limit', bytes],
    memSwappiness: ['mem_swappiness', bytes],
    macAddress: ['mac_address', text],
    models: [
      'models',
      mapOf(nullable(group<ModelReference>({ endpointVar: ['endpoint_var', text], modelVar: ['model_var', text] }))),
    ],
    networkMode: ['network_mode', text],
    networks: [
      'networks',
      mapOf(
        nullable(
          group<NetworkAttachment>({
            aliases: ['aliases', texts],
            driverOpts: ['driver_opts', mapping],
            gwPriority: ['gw_priority', integer],
            interfaceName: ['interface_name', text],
            ipv4Address: ['ipv4_address', text],
            ipv6Address: ['ipv6_address', text],
            linkLocalIps: ['link_local_ips', texts],
            macAddress: ['mac_address', text],
            priority: ['priority', integer],
          }),
        ),
      ),
    ],
    oomKillDisable: ['oom_kill_disable', flag],
    oomScoreAdj: ['oom_score_adj', integer],
    pid: ['pid', text],
    pidsLimit: ['pids_limit', integer],
    platform: ['platform', text],
    ports: [
      'ports',
      listOf(
        group<Port>({
          name: ['name', text],
          mode: ['mode', text],
          hostIp: ['host_ip', text],
          target: ['target', always(unsigned32, 0)],
          published: ['published', text],
          protocol: ['protocol', text],
          appProtocol: ['app_protocol', text],
        }),
      ),
    ],
    privileged: ['privileged', flag],
    pullPolicy: ['pull_policy', text],
    readOnly: ['read_only', flag],
    restart: ['restart', text],
    runtime: ['runtime', text],
    scale: ['scale', optionalInteger],
    secrets: ['secrets', makeFileReferences()],
    securityOpt: ['security_opt', texts],
    shmSize: ['shm_size', bytes],
    stdinOpen: ['stdin_open', flag],
    stopGracePeriod: ['stop_grace_period', optionalDuration],
    stopSignal: ['stop_signal', text],
    storageOpt: ['storage_opt', mapOf(needed)],
    sysctls: ['sysctls', mapping],
    tmpfs: ['tmpfs', texts],
    tty: ['tty', flag],
    ulimits: ['ulimits', mapOf(ulimit)],
    useApiSocket: ['use_api_socket', flag],
    user: ['user', text],
    usernsMode: ['userns_mode', text],
    uts: ['uts', text],
    volumes: ['volumes', makeVolumeMounts()],
    volumesFrom: ['volumes_from', texts],
    workingDir: ['working_dir', text],
    preStart: ['pre_start', hooks],
    postStart: ['post_start', hooks],
    preStop: ['pre_stop', hooks],
  })
}

export function makeNetwork(): Kind<Omit<Network, 'configHash'>> {
  return group<Omit<Network, 'configHash'>>({
    name: ['name', needed],
    driver: ['driver', text],
    driverOpts: ['driver_opts', mapping],
    ipam: [
      'ipam',
      group<Ipam>(
        {
          driver: ['driver', text],
          config: [
            'config',
            listOf(
              group<IpamPool>({
                subnet: ['subnet', text],
                gateway: ['gateway', text],
                ipRange: ['ip_range', text],
                auxAddresses: ['aux_addresses', mapping],
              }),
            ),
          ],
          options: ['options', mapping],
        },
        { always: true },
      ),
    ],
    external: ['external', flag],
    internal: ['internal', flag],
    attachable: ['attachable', flag],
    labels: ['labels', mapping],
    enableIpv4: ['enable_ipv4', optionalFlag],
    enableIpv6: ['enable_ipv6', optionalFlag],
  })
}

export function makeVolume(): Kind<Omit<Volume, 'configHash'>> {
  return group<Omit<Volume, 'configHash'>>({
    name: ['name', needed],
    driver: ['driver', text],
    driverOpts: ['driver_opts', mapping],
    external: ['external', flag],
    labels: ['labels', mapping],
  })
}

export function makeConfig(): Kind<Config> {
  return group<Config>({
    name: ['name', needed],
    file: ['file', text],
    environment: ['environment', text],
    content: ['content', text],
    external: ['external', flag],
    labels: ['labels', mapping],
    templateDriver: ['template_driver', text],
  })
}

export function makeSecret(): Kind<Secret> {
  return group<Secret>({
    name: ['name', needed],
    file: ['file', text],
    environment: ['environment', text],
    content: ['content', text],
    external: ['external', flag],
    labels: ['labels', mapping],
    driver: ['driver', text],
    driverOpts: ['driver_opts', mapOf(needed)],
    templateDriver: ['template_driver', text],
  })
}

export function makeModel(): Kind<Model> {
  return group<Model>({
    name: ['name', needed],
    model: ['model', needed],
    contextSize: ['context_size', integer],
    runtimeFlags: ['runtime_flags', texts],
  })
}
