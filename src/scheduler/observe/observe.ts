// One snapshot of what the engine has of a project, and of the files of this machine that a plan goes by: planners read
// none. It collects and does not choose: planners do.

import type { Docker } from '../../docker/client/docker.ts'
import type { ContainerSummary, ImageInspect, Network, Volume } from '../../docker/protocol/types.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { fileDigest } from './file-digest.ts'
import { labels, ofProject } from './labels.ts'
import type { ObservedModels } from './models.ts'
import type { ObservedProviders } from './providers.ts'

export interface ObservedContainer {
  id: string
  /** Without the leading slash. */
  name: string
  service: string
  number: number
  /** Made by `run`. */
  oneOff: boolean
  /**
   * created, running, paused, restarting, removing, exited or dead; stopping while another command stops it: a start
   * waits for that end.
   */
  state: string
  /** The engine's sentence: `Up 3 minutes (healthy)`. */
  status: string
  configHash: string
  /** As in the label: the image that the service meant when the container was made. */
  image: string
  /** As the engine names its image now. */
  imageName: string
  labels: Record<string, string>
  mounts: { type: string; name: string; target: string; readOnly: boolean }[]
  /** Of the host, held while it runs. */
  ports: { hostIp: string; port: number; protocol: string }[]
  /** Network name to network id. */
  networks: Record<string, string>
  /** `bridge`, a network's name, `container:<id>`, … */
  networkMode: string
}

/** There is something to be stopped. */
export const isActive = ({ state }: ObservedContainer): boolean =>
  ['running', 'restarting', 'paused', 'stopping'].includes(state)

/** A process runs in it, stopped by another command though it may be. */
export const isAlive = ({ state }: ObservedContainer): boolean => ['running', 'paused', 'stopping'].includes(state)

export interface ObservedImage {
  id: string
  hasHealthcheck: boolean
  /** Milliseconds since it was pulled, built or tagged last; undefined where the engine doesn't say. */
  age?: number
  /** A container has them too. */
  labels: Record<string, string>
}

export interface Observed {
  containers: ObservedContainer[]
  /** Containers of pre_start that failed, or that a kill has left. */
  leftSteps: ObservedContainer[]
  /** Every network of the engine, since a name may belong to somebody else. */
  networks: ObservedNetwork[]
  volumes: ObservedVolume[]
  /** By the reference that was asked for; absent: not there. */
  images: Record<string, ObservedImage>
  /** Digests of files of this machine, by path; absent: nobody asked for it, or it can't be read. */
  files: Record<string, string>
  /** Programs of providers that are to be run. */
  providers?: ObservedProviders
  /** Absent: the project has none. */
  models?: ObservedModels
}

export interface ObservedNetwork {
  id: string
  name: string
  labels: Record<string, string>
}

export interface ObservedVolume {
  name: string
  labels: Record<string, string>
}

export interface ObserveOptions {
  projectName: string
  /** Image references to look up. */
  images?: readonly string[]
  /** Files of this machine to look at. */
  files?: readonly string[]
  /** Networks and volumes too; commands that touch neither save two requests. */
  resources?: boolean
  abortSignal?: AbortSignal | undefined
}

export async function observe(docker: Docker, options: ObserveOptions): Promise<Observed> {
  const { projectName, abortSignal } = options
  const [containers, networks, volumes, images] = await Promise.all([
    docker.listContainers({ all: true, filters: { label: [ofProject(projectName)] }, abortSignal }),
    options.resources ? docker.listNetworks({ abortSignal }) : [],
    options.resources ? docker.listVolumes({ abortSignal }).then(list => list.Volumes ?? []) : [],
    Promise.all([...new Set(options.images)].map(name => observeImage(docker, name, abortSignal))),
  ])
  const all = containers
    .map(one => ({ ...observedContainer(one), ...('Stopping' in one ? { state: 'stopping' } : {}) }))
    .sort((a, b) => a.service.localeCompare(b.service) || a.number - b.number)
  return {
    containers: all.filter(container => !isStep(container)),
    leftSteps: all.filter(isStep),
    networks: networks.map(observedNetwork),
    volumes: volumes.map(observedVolume),
    images: Object.fromEntries(images.flat()),
    files: Object.fromEntries(
      (options.files ?? []).flatMap(path => {
        const digest = fileDigest(path)
        return digest === undefined ? [] : [[path, digest]]
      }),
    ),
  }
}

/** A container of pre_start: none of its service's. */
const isStep = (container: ObservedContainer): boolean => labels.preStart in container.labels

export function observedContainer(summary: ContainerSummary): ObservedContainer {
  const own = summary.Labels ?? {}
  return {
    id: summary.Id ?? '',
    name: (summary.Names?.[0] ?? '').replace(/^\//, ''),
    service: own[labels.service] ?? '',
    number: Number(own[labels.number] ?? 0),
    oneOff: own[labels.oneOff] === 'True',
    state: summary.State ?? '',
    status: summary.Status ?? '',
    configHash: own[labels.configHash] ?? '',
    image: own[labels.image] ?? '',
    imageName: summary.Image ?? '',
    labels: own,
    mounts: (summary.Mounts ?? []).map(mount => ({
      type: mount.Type ?? '',
      name: mount.Name ?? '',
      target: mount.Destination ?? '',
      readOnly: mount.RW === false,
    })),
    ports: (summary.Ports ?? []).flatMap(({ IP = '', PublicPort, Type = 'tcp' }) =>
      PublicPort === undefined ? [] : [{ hostIp: IP, port: PublicPort, protocol: Type }],
    ),
    networkMode: summary.HostConfig?.NetworkMode ?? '',
    networks: Object.fromEntries(
      Object.entries(summary.NetworkSettings?.Networks ?? {}).map(([name, endpoint]) => [
        name,
        endpoint.NetworkID ?? '',
      ]),
    ),
  }
}

function observedNetwork(network: Network): ObservedNetwork {
  return { id: network.Id ?? '', name: network.Name ?? '', labels: network.Labels ?? {} }
}

function observedVolume(volume: Volume): ObservedVolume {
  return { name: volume.Name, labels: volume.Labels ?? {} }
}

async function observeImage(
  docker: Docker,
  name: string,
  abortSignal?: AbortSignal,
): Promise<[string, ObservedImage][]> {
  try {
    return [[name, observedImage(await docker.getImage(name).inspect({ abortSignal }))]]
  } catch (error) {
    if (error instanceof ComposeError && error.code === 'not_found') return []
    if (error instanceof ComposeError && error.code === 'invalid_argument') {
      throw new ComposeError(
        error.code,
        `unable to get image '${name}': Error response from daemon: ${messageOf(error)}`,
        { cause: error },
      )
    }
    throw error
  }
}

export function observedImage(image: ImageInspect): ObservedImage {
  const { Healthcheck, Labels } = image.Config ?? {}
  const hasHealthcheck = (Healthcheck?.Test?.[0] ?? 'NONE') !== 'NONE'
  const age = Date.now() - Date.parse(image.Metadata?.LastTagTime ?? '')
  return { id: image.Id ?? '', hasHealthcheck, labels: Labels ?? {}, ...(age >= 0 ? { age } : {}) }
}
