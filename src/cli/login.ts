// Logins of `login` and `logout`, and the questions that they ask. Loaded by those alone.
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { forgetLogin, keepLogin, registryAddress } from '../registry/kept-login.ts'
import { checkLogin } from '../registry/login.ts'
import { ComposeError } from '../shared/errors.ts'

export interface LoginAnswers {
  username: string
  password: string
}

/** Throws where the registry does not take it; says where it is kept. */
export async function logIn(server: string, { username, password }: LoginAnswers, signal: AbortSignal) {
  const serveraddress = registryAddress(server)
  await checkLogin({ username, password, serveraddress }, { env: process.env, signal })
  return keepLogin(serveraddress, { username, password, serveraddress }, process.env)
}

/** The address; undefined where nobody had logged in. */
export async function logOut(server: string): Promise<string | undefined> {
  const address = registryAddress(server)
  return (await forgetLogin(address, process.env)) ? address : undefined
}

export const passwordFromInput = async (): Promise<string> => (await text(process.stdin)).replace(/\r?\n$/, '')

/** On the terminal; what is typed for a password is not shown. */
export async function askFor(
  what: string,
  { hidden, signal }: { hidden: boolean; signal: AbortSignal },
): Promise<string> {
  if (!process.stdin.isTTY)
    throw new ComposeError('invalid_argument', `there is no terminal to ask for the ${what}`, {
      hint: 'give --username and --password-stdin',
    })
  process.stderr.write(`${what[0]?.toUpperCase()}${what.slice(1)}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: true })
  const close = () => terminal.close()
  signal.addEventListener('abort', close)
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    for await (const line of terminal) return line
    signal.throwIfAborted()
    throw new ComposeError('canceled', `no ${what} was given`)
  } finally {
    signal.removeEventListener('abort', close)
    terminal.close()
    if (hidden) process.stderr.write('\n')
  }
}
