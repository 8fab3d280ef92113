#!/usr/bin/env -S node --
// Entry of the CLI. Plain old syntax: on a Node that is too old it must still get as far as handing over to the
// project's own Node, or to say in one line what is needed. The two dashes above keep Node from taking --env-file.
// biome-ignore-all lint: syntax of old Nodes
import { spawn } from 'child_process'
import { existsSync } from 'fs'
import { dirname, join } from 'path'
import { fileURLToPath } from 'url'

var root = dirname(dirname(fileURLToPath(import.meta.url)))
var own = join(root, 'node_modules', 'node', 'bin', 'node')

if (parseInt(process.versions.node, 10) >= 24) {
  import('../dist/cli.js').catch(function (error) {
    if (error && error.code === 'ERR_MODULE_NOT_FOUND' && !existsSync(join(root, 'dist', 'cli.js'))) {
      console.error('tsc-compose is not built: run npm run build in ' + root)
    } else {
      console.error(error)
    }
    process.exit(1)
  })
} else if (existsSync(own)) {
  var child = spawn(own, ['--', fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), { stdio: 'inherit' })
  // Whoever signals this process means the one that does the work. A terminal tells both of Ctrl-C by itself.
  var onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  process.on('SIGTERM', function () {
    child.kill('SIGTERM')
  })
  process.on('SIGHUP', function () {
    child.kill('SIGHUP')
  })
  process.on('SIGINT', function () {
    if (!onTerminal) child.kill('SIGINT')
  })
  child.on('error', function (error) {
    console.error(error)
    process.exit(1)
  })
  child.on('exit', function (code, signal) {
    if (!signal) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
} else {
  console.error('tsc-compose needs Node 24 or newer, this is ' + process.version + ': https://nodejs.org/en/download')
  process.exit(1)
}
