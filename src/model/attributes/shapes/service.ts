// A service: every attribute's key and kind, in the order in which Compose prints them.
// That order is part of the config hash.

import type {
  CredentialSpec,
  Dependency,
  DeviceMapping,
  EnvFile,
  Healthcheck,
  Logging,
  ModelReference,
  Provider,
  Service,
} from '../../project/service.ts'
import type { NetworkAttachment, Port } from '../../project/service-resources.ts'
import { group, listOf, mapOf, nullable } from '../kinds/collection.ts'
import type { Kind } from '../kinds/kind.ts'
import {
  always,
  bytes,
  flag,
  float32,
  integer,
  optionalDuration,
  optionalFlag,
  optionalInteger,
  optionalUnsigned,
  text,
  unlessFalse,
  unsigned32,
} from '../kinds/scalar.ts'
import { command, healthTest, hosts, mapping, repeatable, ulimit, variables } from '../kinds/special.ts'
import { makeBuild } from './build.ts'
import { needed, texts, word } from './common.ts'
import { makeBlkio, makeDeploy, makeDeviceRequests } from './deploy.ts'
import { makeDevelop, makeHook } from './lifecycle.ts'
import { makeFileReferences, makeVolumeMounts } from './storage.ts'

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
