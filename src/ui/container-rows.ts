// A container as `ps` shows it. Field names and forms are those of Docker Compose's templates and JSON.

import type { ContainerSummary } from '../docker/protocol/types.ts'
import { labels } from '../scheduler/observe/labels.ts'
import { shortId } from '../shared/short-id.ts'

export interface Publisher {
  URL: string
  TargetPort: number
  PublishedPort: number
  Protocol: string
}

/** A type, not an interface: it is read as a record by templates. */
export type ContainerRow = {
  Command: string
  CreatedAt: string
  Engine: string
  ExitCode: number
  Health: string
  ID: string
  Image: string
  Labels: string
  LocalVolumes: string
  Mounts: string
  Name: string
  Names: string
  Networks: string
  Ports: string
  Project: string
  Publishers: Publisher[]
  RunningFor: string
  Service: string
  Size: string
  State: string
  Status: string
}

export function containerRow(summary: ContainerSummary, now: number, truncate: boolean): ContainerRow {
  const own = summary.Labels ?? {}
  const name = (summary.Names?.[0] ?? '').replace(/^\//, '')
  const id = summary.Id ?? ''
  const status = summary.Status ?? ''
  const mounts = summary.Mounts ?? []
  return {
    Command: JSON.stringify(truncate ? ellipsis(summary.Command ?? '', 20) : (summary.Command ?? '')),
    CreatedAt: dateText(summary.Created ?? 0),
    Engine: '',
    ExitCode: Number(/^Exited \((\d+)\)/.exec(status)?.[1] ?? 0),
    Health: /\((healthy|unhealthy)\)/.exec(status)?.[1] ?? (/\(health: starting\)/.test(status) ? 'starting' : ''),
    ID: truncate ? shortId(id) : id,
    Image: summary.Image ?? '',
    Labels: Object.entries(own)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    LocalVolumes: String(mounts.filter(({ Type, Driver }) => Type === 'volume' && Driver === 'local').length),
    Mounts: mounts
      .map(({ Name, Source }) => ellipsis(Name || Source || '', truncate ? 15 : Number.POSITIVE_INFINITY))
      .join(','),
    Name: name,
    Names: name,
    Networks: Object.keys(summary.NetworkSettings?.Networks ?? {}).join(','),
    Ports: portsText(summary),
    Project: own[labels.project] ?? '',
    Publishers: publishers(summary),
    RunningFor: `${ago(now - (summary.Created ?? 0))} ago`,
    Service: own[labels.service] ?? '',
    Size: '0B',
    State: summary.State ?? '',
    Status: status,
  }
}

function ellipsis(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

function publishers(summary: ContainerSummary): Publisher[] {
  return sortedPorts(summary).map(({ IP = '', PrivatePort, PublicPort = 0, Type }) => ({
    URL: IP,
    TargetPort: PrivatePort,
    PublishedPort: PublicPort,
    Protocol: Type,
  }))
}

/** By host port with the unpublished last, as Docker Compose's JSON. */
function sortedPorts(summary: ContainerSummary) {
  return [...(summary.Ports ?? [])].sort(
    (a, b) =>
      (a.PublicPort ?? Number.POSITIVE_INFINITY) - (b.PublicPort ?? Number.POSITIVE_INFINITY) ||
      a.PrivatePort - b.PrivatePort ||
      Number((a.IP ?? '').includes(':')) - Number((b.IP ?? '').includes(':')),
  )
}

/** Unpublished ports first, then by container port; runs of ports that follow each other are joined. */
function portsText(summary: ContainerSummary): string {
  const ports = [...(summary.Ports ?? [])].sort(
    (a, b) =>
      Number(a.PublicPort !== undefined) - Number(b.PublicPort !== undefined) ||
      a.PrivatePort - b.PrivatePort ||
      a.Type.localeCompare(b.Type) ||
      Number((a.IP ?? '').includes(':')) - Number((b.IP ?? '').includes(':')),
  )
  return ports
    .map(({ IP, PrivatePort, PublicPort, Type }) => {
      if (PublicPort === undefined) return `${PrivatePort}/${Type}`
      const host = IP?.includes(':') ? `[${IP}]` : IP
      return `${host ? `${host}:` : ''}${PublicPort}->${PrivatePort}/${Type}`
    })
    .join(', ')
}

function dateText(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 19)} +0000 UTC`
}

/** docker's rounding: `About a minute`, `3 hours`, `2 weeks`. */
export function ago(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.round(seconds / 3600)
  if (seconds < 1) return 'Less than a second'
  if (seconds < 2) return '1 second'
  if (seconds < 60) return `${Math.floor(seconds)} seconds`
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}
