// Runs a case's script in one shell, as it was recorded: each line's output apart, `line &` beside the following ones.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { normaliser, visible } from './normalise.ts'
import type { Block } from './transcript.ts'

export const casesFolder = new URL('cases/', import.meta.url).pathname

/** Seconds for one case. */
const limit = 120

const driver = `
set -m
cd "$CASE_FOLDER" || exit 1
foreground() {
  eval "$2" >"$LOGS/$1.out" 2>"$LOGS/$1.err" </dev/null
  echo $? >"$LOGS/$1.rc"
}
background() {
  eval ">'$LOGS/$1.out' 2>'$LOGS/$1.err' </dev/null \${2% &} &"
  jobs_of_case+=("$1 $!")
}
wait() {  # for all background lines; says nothing
  local job
  for job in "\${jobs_of_case[@]}"; do
    builtin wait "\${job#* }" 2>/dev/null
    echo $? >"$LOGS/\${job% *}.rc"
  done
  jobs_of_case=()
}
eventually() {  # polls until the command succeeds
  local end=$((SECONDS + 30))
  until eval "$*" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "eventually: gave up: $*" >&2; return 1; }
    read -r -t 0.05 <>"$LOGS/never"
  done
  return 0
}
mkfifo "$LOGS/never"
terminal() {
  "$NODE" "$TERMINAL_LINE" "$LOGS/$1.steps" "$2" >"$LOGS/$1.out" 2>"$LOGS/$1.err" </dev/null
  echo $? >"$LOGS/$1.rc"
}
`

const terminalLine = new URL('terminal-line.ts', import.meta.url).pathname

export interface CaseOptions {
  /** Where the case is. */
  cases?: string
  /** The CLI's entry. */
  entry: string
  engineRoot: string
  socketPath: string
  /** The docker CLI. */
  docker: string
  /** The engine that our CLI drives, where it is not ours. */
  dockerHost?: string
}

export async function runCase(name: string, options: CaseOptions): Promise<Block[]> {
  const { entry, engineRoot, socketPath, docker, dockerHost, cases = casesFolder } = options
  const source = join(cases, name)
  const above = realpathSync(mkdtempSync(join(tmpdir(), 'tsc-recorded-')))
  const folder = join(above, `orc-${name}`)
  const logs = join(above, 'logs')
  try {
    cpSync(source, folder, {
      recursive: true,
      filter: path => !['script', 'transcript', 'rules'].includes(basename(path)),
    })
    mkdirSync(logs)
    mkdirSync(join(above, 'bin'))
    program(join(above, 'bin/compose'), `exec '${process.execPath}' -- '${entry}' "$@"`)
    program(join(above, 'bin/docker'), `DOCKER_HOST='unix://${socketPath}' exec '${docker}' "$@"`)
    const script = readScript(source)
    const steps = script.map(({ line, steps: own }, index) => {
      const tty = ttyLine(line)
      if (tty !== undefined) {
        writeFileSync(join(logs, `${index}.steps`), own.map(step => `${step}\n`).join(''))
        return `terminal ${index} ${quote(tty)}`
      }
      return `${line.endsWith(' &') ? 'background' : 'foreground'} ${index} ${quote(line)}`
    })
    await shell([driver, ...steps, 'wait'].join('\n'), {
      ...callersEnv(),
      PATH: `${join(above, 'bin')}:${process.env.PATH}`,
      TSC_COMPOSE_ROOT: engineRoot,
      ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }),
      XDG_CACHE_HOME: join(above, 'cache'),
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      CASE_FOLDER: folder,
      LOGS: logs,
      NODE: process.execPath,
      TERMINAL_LINE: terminalLine,
    })
    const rulesFile = join(source, 'rules')
    const normalise = normaliser({
      folder,
      engineRoot,
      rules: existsSync(rulesFile) ? readFileSync(rulesFile, 'utf8') : '',
    })
    const read = (index: number, kind: string) => {
      const file = join(logs, `${index}.${kind}`)
      return existsSync(file) ? readFileSync(file, 'utf8') : ''
    }
    return script.map(({ line }, index) => ({
      line,
      stdout: visible(normalise(read(index, 'out'))),
      stderr: visible(normalise(read(index, 'err'))),
      exit: read(index, 'rc').trim() || 'none',
    }))
  } finally {
    rmSync(above, { recursive: true, force: true })
  }
}

function program(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

export interface ScriptLine {
  line: string
  /** What is typed and waited for, of a line on a terminal. */
  steps: string[]
}

export function readScript(folder: string): ScriptLine[] {
  const lines: ScriptLine[] = []
  for (const line of readFileSync(join(folder, 'script'), 'utf8').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const last = lines.at(-1)
    if (/^\s/.test(line) && last && ttyLine(last.line) !== undefined) last.steps.push(line.trim())
    else lines.push({ line, steps: [] })
  }
  return lines
}

/** What is run on a terminal. */
const ttyLine = (line: string): string | undefined => /^tty (.*)$/.exec(line)?.[1]

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Nothing of the caller's that Compose would heed. */
function callersEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !/^(?:COMPOSE_|DOCKER_|BUILDKIT_|NO_COLOR|COLUMNS|LINES|TSC_)/.test(key),
    ),
  )
}

function shell(text: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', text], { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    let said = ''
    child.stderr.on('data', chunk => {
      said += chunk
    })
    const timer = setTimeout(() => {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      reject(new Error(`the case took more than ${limit} s`))
    }, limit * 1000)
    child.on('error', reject)
    child.on('exit', () => {
      clearTimeout(timer)
      if (said === '') resolve()
      else reject(new Error(`the shell of the case: ${said}`))
    })
  })
}
