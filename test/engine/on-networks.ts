// Containers in networks, for the tests of names, ports and isolation.
import { AF, bind, SOCK, socket } from '../../src/engine/kernel/libc.ts'
import { socketAddress } from '../../src/engine/networks/socket-address.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, type start } from './run.ts'

/** An engine with the networks `one` and `two`. */
export async function engineWithNetworks(): Promise<TestEngine> {
  const engine = await startEngine()
  await importBusybox(engine)
  for (const Name of ['one', 'two']) await engine.docker.createNetwork({ Name })
  return engine
}

export const sleep = ['sleep', '1000']
export const web = ['sh', '-c', 'hostname > /var/www/index.html; exec httpd -f -p 80 -h /var/www']
export const on = (network: string, more: object = {}) => ({
  HostConfig: { NetworkMode: network, ...('HostConfig' in more ? (more.HostConfig as object) : {}) },
  NetworkingConfig: { EndpointsConfig: { [network]: 'endpoint' in more ? (more.endpoint as object) : {} } },
})
export const get = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(5000) })).text()

/** A UDP socket in the network namespace that the thread is in. */
export function boundUdp(port: number): number {
  const fd = socket(AF.INET, SOCK.DGRAM | SOCK.NONBLOCK, 0)
  bind(fd, socketAddress('0.0.0.0', port))
  return fd
}

export const netnsOf = async (container: Awaited<ReturnType<typeof start>>) =>
  (await container.inspect()).NetworkSettings?.SandboxKey ?? ''

export const remove = (...containers: { remove(options: object): Promise<unknown> }[]) =>
  Promise.all(containers.map(container => container.remove({ force: true })))
