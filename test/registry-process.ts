// A real registry on loopback (Debian's docker-registry), stopped and removed at the end.
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { until } from './engine/engine-process.ts'
import { freePort } from './ports.ts'
import { makeTestRoot } from './test-root.ts'

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, or where it listens. */
  host: string
  folder: string
  stop(): void
}

export interface TestRegistryOptions {
  /** Lines of its configuration, such as `auth: {...}`; %FOLDER% is where its files are. */
  configuration?: string
  /** Where it listens; loopback if nothing is said. */
  address?: string
  /** Names of its files: it is asked by HTTPS then. */
  tls?: { certificate: string; key: string }
  /** Files in its folder, by name. */
  files?: Record<string, string>
}

export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const { configuration = '', files = {}, address = '127.0.0.1', tls } = options
  const port = await freePort()
  const folder = makeTestRoot('tsc-registry-')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const config = join(folder, 'registry.yml')
  const lines = [
    'version: 0.1',
    'log: {level: error, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}`,
    `http: {addr: "${address}:${port}"${tls ? `, tls: {certificate: ${folder}/${tls.certificate}, key: ${folder}/${tls.key}}` : ''}}`,
    configuration.replaceAll('%FOLDER%', folder),
  ]
  writeFileSync(config, lines.join('\n'))
  // It goes with the test's process, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'docker-registry', 'serve', config], { stdio: 'ignore' })
  const registry = {
    host: `${address}:${port}`,
    folder,
    stop: () => void child.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await until(() => answers(port, address), 'the registry')
  return registry
}

/** Of `me` in a private registry, which keeps it as bcrypt. */
export const password = 'let me in'

/** One that knows `me` alone. */
export const startPrivateRegistry = (options: TestRegistryOptions = {}): Promise<TestRegistry> =>
  startRegistry({
    ...options,
    configuration: 'auth: {htpasswd: {realm: private, path: %FOLDER%/htpasswd}}',
    files: { ...options.files, htpasswd: 'me:$2b$05$abcdefghijklmnopqrstuu4h2R.N3/mVBA7Xh7aLzKSJDAsK61n52\n' },
  })

/** Whether somebody listens there. */
export const answers = (port: number, address = '127.0.0.1'): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, address)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
