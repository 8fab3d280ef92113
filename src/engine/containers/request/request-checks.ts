// What Docker Engine checks of a create request before anything is made, with its sentences, and what this engine
// hasn't, refused by name.
import { isIP } from 'node:net'
import type { ContainerConfig, ContainerCreateRequest, HostConfig } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { type CgroupSupport, cgroupSupport } from '../../kernel/cgroup-support.ts'
import { signalNumber } from '../../kernel/signals.ts'
import { containerCapabilities } from '../../runtime/capabilities.ts'
import { executablePath } from '../../runtime/runtime.ts'
import { checkLogOptions } from '../logs/drivers.ts'
import { checkResources } from './resource-checks.ts'
import { securityOptions } from './security-options.ts'

/** The request as it can be had here, and a sentence for each thing that is left out of it. */
export function checkRequest(
  request: ContainerCreateRequest,
  support: CgroupSupport = cgroupSupport(),
): { request: ContainerCreateRequest; warnings: string[] } {
  checkConfig(request)
  const wanted = request.HostConfig ?? {}
  checkHostConfig(wanted)
  const { hostConfig, warnings } = checkResources(wanted, support)
  checkNamespaces(wanted)
  checkConflicts(request, wanted)
  refuseUnavailable(wanted)
  const ports = Object.keys(wanted.PortBindings ?? {}).length > 0
  if (wanted.NetworkMode === 'host' && ports)
    warnings.push('Published ports are discarded when using host network mode')
  return { request: { ...request, HostConfig: hostConfig }, warnings }
}

function refuse(message: string): never {
  throw new ComposeError('invalid_argument', message)
}

const millisecond = 1e6

function checkConfig({ WorkingDir, StopSignal, Env, Healthcheck }: ContainerConfig): void {
  if (WorkingDir && !WorkingDir.startsWith('/'))
    refuse(`the working directory '${WorkingDir}' is invalid, it needs to be an absolute path`)
  if (StopSignal) {
    try {
      signalNumber(StopSignal)
    } catch {
      refuse(`invalid signal: ${StopSignal}`)
    }
  }
  const unnamed = Env?.find(entry => entry === '' || entry.startsWith('='))
  if (unnamed !== undefined) refuse(`invalid environment variable: ${unnamed}`)
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const duration = Healthcheck?.[name]
    if (duration && duration < millisecond) refuse(`${name} in Healthcheck cannot be less than 1ms`)
  }
  if ((Healthcheck?.Retries ?? 0) < 0) refuse('Retries in Healthcheck cannot be negative')
}

export function checkRestartPolicy(host: Pick<HostConfig, 'RestartPolicy'>): void {
  const { Name = '', MaximumRetryCount = 0 } = host.RestartPolicy ?? {}
  if (!['', 'no', 'always', 'on-failure', 'unless-stopped'].includes(Name)) {
    refuse(
      `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    )
  }
  if (Name !== 'on-failure' && Name !== '' && MaximumRetryCount !== 0) {
    const negative = MaximumRetryCount < 0 ? ' and cannot be negative' : ''
    refuse(`invalid restart policy: maximum retry count can only be used with 'on-failure'${negative}`)
  }
  if (MaximumRetryCount < 0) refuse('invalid restart policy: maximum retry count cannot be negative')
}

function checkHostConfig(host: HostConfig): void {
  checkRestartPolicy(host)
  const { Name = '' } = host.RestartPolicy ?? {}
  if (host.AutoRemove && Name !== '' && Name !== 'no') refuse("can't create 'AutoRemove' container with restart policy")
  for (const entry of host.ExtraHosts ?? []) checkExtraHost(entry)
  for (const server of host.Dns ?? [])
    if (isIP(server) === 0) refuse(`bad nameserver address ${server}: ParseAddr("${server}"): unable to parse IP`)
  containerCapabilities({ privileged: false, add: host.CapAdd ?? [], drop: host.CapDrop ?? [] })
  if ('' in (host.Annotations ?? {}))
    refuse('invalid Annotations: the empty string is not permitted as an annotation key')
  for (const rule of host.DeviceCgroupRules ?? [])
    if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(rule)) refuse(`invalid device cgroup rule format: '${rule}'`)
  if ((host.ShmSize ?? 0) < 0) refuse('SHM size can not be less than 0')
  const score = host.OomScoreAdj ?? 0
  if (score < -1000 || score > 1000) refuse(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`)
}

/** `name:address` or `name=address`; the address may be `host-gateway`. */
function checkExtraHost(entry: string): void {
  const [, name, address = ''] = /^([^:=]+)[:=](.*)$/.exec(entry) ?? []
  if (!name) refuse(`bad format for add-host: "${entry}"`)
  if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0)
    refuse(`invalid IP address in add-host: "${address}"`)
}

function checkNamespaces({ IpcMode, PidMode, UTSMode, UsernsMode, CgroupnsMode }: HostConfig): void {
  const isContainer = (mode: string) => /^container:.+/.test(mode)
  const valid = (mode: string | undefined, ...names: string[]) => !mode || names.includes(mode)
  if (!valid(IpcMode, 'host', 'private', 'shareable', 'none') && !isContainer(IpcMode ?? ''))
    refuse(`invalid IPC mode: ${IpcMode}`)
  if (!valid(PidMode, 'host') && !isContainer(PidMode ?? '')) refuse(`invalid PID mode: ${PidMode}`)
  if (!valid(UTSMode, 'host')) refuse(`invalid UTS mode: ${UTSMode}`)
  if (!valid(UsernsMode, 'host')) refuse(`invalid USER mode: ${UsernsMode}`)
  if (!valid(CgroupnsMode, 'host', 'private')) refuse(`invalid cgroup namespace mode: ${CgroupnsMode}`)
}

/** What belongs to a namespace can't be set by who only joins it. */
function checkConflicts(config: ContainerConfig, host: HostConfig): void {
  const isSet = (value: object | null | undefined) => Object.keys(value ?? {}).length > 0
  if (host.UTSMode === 'host' && config.Hostname) refuse('conflicting options: hostname and the UTS mode')
  if (!host.NetworkMode?.startsWith('container:')) return
  const conflicts: [boolean, string][] = [
    [Boolean(config.Hostname), 'hostname and the network mode'],
    [isSet(host.Dns), 'dns and the network mode'],
    [isSet(host.ExtraHosts), 'custom host-to-IP mapping and the network mode'],
    [Boolean(config.MacAddress), 'mac-address and the network mode'],
    [isSet(host.PortBindings) || Boolean(host.PublishAllPorts), 'port publishing and the container type network mode'],
    [isSet(config.ExposedPorts), 'port exposing and the container type network mode'],
  ]
  const found = conflicts.find(([conflict]) => conflict)
  if (found) refuse(`conflicting options: ${found[1]}`)
}

function refuseUnavailable(host: HostConfig): void {
  securityOptions(host.SecurityOpt ?? [])
  if (host.Runtime && !executablePath(host.Runtime)) refuse(`unknown or invalid runtime name: ${host.Runtime}`)
  if (host.Isolation && host.Isolation !== 'default')
    refuse(`Invalid isolation: "${host.Isolation}" - linux only supports 'default'`)
  if (host.VolumeDriver && host.VolumeDriver !== 'local')
    throw new ComposeError('not_implemented', `VolumeDriver ${host.VolumeDriver} is not available on this engine`)
  checkLogOptions(host.LogConfig?.Type, host.LogConfig?.Config ?? {})
}
