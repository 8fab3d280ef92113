// One line of a case on a terminal: `node terminal-line.ts STEPS LINE` prints the last screen, and ends as the line does.
// Steps, a line each: `expect TEXT` appears (\e is ESC), `until COMMAND` succeeds, `send KEYS`, `repeat KEYS TEXT` sends
// until TEXT appears (here: once), `raw` and `cooked`: the program has taken the terminal, or given it back.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { openPty } from '../../pty.ts'

const [, , stepsFile = '', line = ''] = process.argv
const keysOf = (text: string) =>
  text
    .replace(/\^([A-Z])/g, (_, letter: string) => String.fromCharCode(letter.charCodeAt(0) - 64))
    .replaceAll('\\r', '\r')
const textOf = (text: string) => text.replaceAll('\\e', '\x1b')

/** Seconds. */
const limit = 45

const pty = openPty(line, { cwd: process.cwd(), env: process.env })
setTimeout(() => pty.hangUp(), limit * 1000).unref()
let seen = 0
let isOver = false
const ended = pty.ended.finally(() => {
  isOver = true
})
const until = async (reached: () => boolean) => {
  while (!reached()) {
    if (isOver) throw new Error('the line ended')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
const steps: Record<string, (value: string) => Promise<void>> = {
  async expect(value) {
    const text = textOf(value)
    // How the peer's prompt draws itself.
    if (text.startsWith('\x1b')) return
    await until(() => pty.output().includes(text, seen))
    seen = pty.output().indexOf(text, seen) + text.length
  },
  until: value => until(() => spawnSync('bash', ['-c', value], { stdio: 'ignore' }).status === 0),
  raw: () => until(() => pty.isRaw()),
  cooked: () => until(() => !pty.isRaw()),
  async send(value) {
    pty.type(keysOf(value))
  },
  async repeat(value) {
    pty.type(keysOf(value.slice(0, value.indexOf(' '))))
  },
}
try {
  for (const step of readFileSync(stepsFile, 'utf8').split('\n').filter(Boolean)) {
    const [word = ''] = step.split(' ', 1)
    await steps[word]?.(step.slice(word.length + 1))
  }
} catch (error) {
  process.stderr.write(`${error}\n`)
}
const code = await ended
process.stdout.write((await pty.screen()).map(row => `${row}\n`).join(''))
process.exitCode = code ?? 1
