// Public bug reports about Compose, as small scripts with what they must print.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { engineRoots } from '../../src/shared/roots.ts'
import { dockerCli } from '../docker-cli.ts'
import { stack } from './stack.ts'

const reports = new URL('../oracle/reports/', import.meta.url).pathname
const entry = new URL('../../bin/run.js', import.meta.url).pathname

for (const name of readdirSync(reports).filter(one => one !== 'lib.sh'))
  test(name, async t => {
    await using s = await stack(t, 'attached')
    const above = mkdtempSync(join(tmpdir(), 'tsc-report-'))
    t.after(() => rmSync(above, { recursive: true }))
    cpSync(reports, above, { recursive: true })
    const { COMPOSE_PROJECT_NAME: _, ...env } = s.env
    const printed = await new Promise<string>(resolve => {
      execFile(
        'bash',
        ['run.sh'],
        {
          cwd: join(above, name),
          timeout: 60_000,
          env: {
            ...env,
            COMPOSE: `${process.execPath} ${entry}`,
            DOCKER: dockerCli(),
            DOCKER_HOST: undefined,
            ENGINE: `unix://${engineRoots(s.env).socketPath}`,
            OUT: join(above, 'out'),
          },
        },
        (_error, stdout) => resolve(stdout),
      )
    })
    const plain = (text: string) =>
      stripVTControlCharacters(text)
        .replaceAll('\r', '')
        .replaceAll(`${above}/`, '')
        // Docker Compose is silent about it.
        .replace(/^time=.* has no handler for SIGTERM, .*\n/gm, '')
    assert.equal(plain(printed), plain(readFileSync(join(reports, name, 'expected'), 'utf8')))
  })
