// Docker's own CLI, as Debian packages it: a client that we did not write. Fetched once; its daemon stays in the package.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const cache = new URL('../.cache/', import.meta.url).pathname

/** The path of the program. */
export function dockerCli(): string {
  const path = join(cache, 'docker')
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  // Newer releases have the CLI in a package of its own.
  const found = ['docker-cli', 'docker.io'].some(name => fetched(name, path))
  if (!found) throw new Error('no package of this distribution has the docker CLI')
  return path
}

function fetched(name: string, path: string): boolean {
  // What is installed may be of a release that nothing here offers.
  const offered = execFileSync('apt-cache', ['madison', name], { encoding: 'utf8' })
  const version = /^[^|]+\| *(\S+) *\| *http/m.exec(offered)?.[1]
  if (version === undefined) return false
  const work = mkdtempSync(join(tmpdir(), 'docker-cli-'))
  try {
    const options = ['-q', 'download', '-o', 'APT::Sandbox::User=root', `${name}=${version}`]
    if (spawnSync('apt-get', options, { cwd: work, stdio: 'ignore' }).status !== 0) return false
    const deb = readdirSync(work).find(file => file.endsWith('.deb')) ?? ''
    execFileSync('dpkg', ['-x', join(work, deb), join(work, 'package')])
    const program = join(work, 'package/usr/bin/docker')
    if (!existsSync(program)) return false
    copyFileSync(program, `${path}.${process.pid}`)
    renameSync(`${path}.${process.pid}`, path)
    return true
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
