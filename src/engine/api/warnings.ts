// What a request asks for, is kept, and has no effect on this engine: told by name in the answer's warnings.
import type { HostConfig, NetworkCreateRequest } from '../../docker/protocol/types.ts'
import { idleLogOptions } from '../containers/logs/drivers.ts'

const effectiveNetworkOptions = ['com.docker.network.driver.mtu', 'com.docker.network.bridge.enable_ip_masquerade']

export function containerWarnings({ LogConfig }: HostConfig): string[] {
  return idleLogOptions(LogConfig?.Type, LogConfig?.Config).map(name => withoutEffect(`logging option ${name}`))
}

export function networkWarnings({ Name, Options = {}, IPAM }: NetworkCreateRequest): string[] {
  const options = Object.keys(Options).filter(name => !effectiveNetworkOptions.includes(name))
  const ipam = [...(IPAM?.Driver && IPAM.Driver !== 'default' ? ['driver'] : []), ...Object.keys(IPAM?.Options ?? {})]
  return [
    ...options.map(name => `option ${name} of network ${Name}`),
    ...ipam.map(name => `IPAM ${name} of network ${Name}`),
  ].map(withoutEffect)
}

const withoutEffect = (what: string) => `${what} has no effect on this engine yet`
