// Small projects and snapshots for the planners' tests. A service is its name and what the test is about.
import type { Dependency } from '../src/model/attributes/shapes/lifecycle.ts'
import type { Network, Project, Volume } from '../src/model/project/project.ts'
import type { Service } from '../src/model/project/service.ts'
import { labels } from '../src/scheduler/observe/labels.ts'
import type { Observed, ObservedContainer } from '../src/scheduler/observe/observe.ts'
import type { UpOptions } from '../src/scheduler/plan/plan-up.ts'

export function testService(name: string, own: Partial<Service> = {}): Service {
  const empty = {
    annotations: {},
    capAdd: [],
    capDrop: [],
    configs: [],
    deviceCgroupRules: [],
    devices: [],
    dns: [],
    dnsOpt: [],
    dnsSearch: [],
    environment: {},
    envFile: [],
    expose: [],
    externalLinks: [],
    extraHosts: {},
    groupAdd: [],
    gpus: [],
    labels: {},
    labelFile: [],
    links: [],
    models: {},
    ports: [],
    profiles: [],
    secrets: [],
    securityOpt: [],
    storageOpt: {},
    sysctls: {},
    tmpfs: [],
    ulimits: {},
    volumes: [],
    volumesFrom: [],
    preStart: [],
    postStart: [],
    preStop: [],
    extensions: {},
    dependsOn: {},
  }
  return {
    ...empty,
    name,
    configHash: `hash-${name}`,
    command: null,
    entrypoint: null,
    image: 'alpine',
    networks: { default: null },
    ...own,
  }
}

export function dependsOn(
  conditions: Record<string, Dependency['condition'] | Partial<Dependency>>,
): Record<string, Dependency> {
  return Object.fromEntries(
    Object.entries(conditions).map(([name, one]) => {
      const own = typeof one === 'string' ? { condition: one } : one
      return [name, { condition: 'service_started', required: true, extensions: {}, ...own }]
    }),
  )
}

export function testNetwork(name: string, own: Partial<Network> = {}): Network {
  return {
    name,
    labels: {},
    extensions: {},
    driverOpts: {},
    ipam: { config: [], options: {}, extensions: {} },
    configHash: `hash-${name}`,
    ...own,
  }
}

export function testVolume(name: string, own: Partial<Volume> = {}): Volume {
  return { name, labels: {}, extensions: {}, driverOpts: {}, configHash: `hash-${name}`, ...own }
}

export function testProject(services: Service[], own: Partial<Project> = {}): Project {
  return {
    name: 'p',
    separator: '-',
    workingDir: '/w',
    composeFiles: ['/w/compose.yaml'],
    envFiles: [],
    environment: {},
    services: Object.fromEntries(services.map(service => [service.name, service])),
    disabledServices: {},
    networks: { default: testNetwork('p_default') },
    volumes: {},
    secrets: {},
    configs: {},
    models: {},
    profiles: [],
    extensions: {},
    warnings: [],
    ...own,
  }
}

export const nothing: Observed = {
  containers: [],
  leftSteps: [],
  networks: [],
  volumes: [],
  images: { alpine: { id: 'sha256:a', hasHealthcheck: false, labels: {} } },
  files: {},
}

/** What the engine has once `up` has run, as far as planners look. */
export function settled(project: Project, containers: Partial<ObservedContainer>[] = []): Observed {
  const made = Object.values(project.services).map(service => testContainer(service.name))
  const own = { [labels.project]: project.name }
  return {
    containers: [
      ...made.filter(({ name }) => !containers.some(other => other.name === name)),
      ...containers.map(one => testContainer(one.service ?? 'x', one)),
    ],
    networks: Object.values(project.networks).map(({ name, configHash }) => ({
      id: `id-${name}`,
      name,
      labels: { ...own, [labels.configHash]: configHash },
    })),
    volumes: Object.values(project.volumes).map(({ name, configHash }) => ({
      name,
      labels: { ...own, [labels.configHash]: configHash },
    })),
    leftSteps: [],
    images: nothing.images,
    files: {},
  }
}

export function testContainer(service: string, own: Partial<ObservedContainer> = {}): ObservedContainer {
  const number = own.number ?? 1
  return {
    id: `id-${service}-${number}`,
    name: `p-${service}-${number}`,
    service,
    number,
    oneOff: false,
    state: 'running',
    status: 'Up',
    configHash: `hash-${service}`,
    image: 'sha256:a',
    imageName: 'busybox',
    labels: {},
    mounts: [],
    ports: [],
    networks: { p_default: 'id-p_default' },
    networkMode: 'p_default',
    ...own,
  }
}

export function upOptions(own: Partial<UpOptions> = {}): UpOptions {
  return {
    requested: [],
    recreate: 'diverged',
    recreateDependencies: 'diverged',
    scale: {},
    start: true,
    wait: false,
    removeOrphans: false,
    ignoreOrphans: false,
    renewVolumes: false,
    timeout: undefined,
    pull: 'policy',
    quietPull: false,
    build: 'missing',
    consented: new Set(),
    ...own,
  }
}
