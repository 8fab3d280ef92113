// Projects converted by images, and images made for that.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stack } from './stack.ts'

const program =
  'cp /in/compose.yaml /out/ && cp -r /templates /out/ && echo "converted by $(id -u), $LICENSE_AGREEMENT"'

test('a transformer must get the whole project, and what it writes be in the folder', async t => {
  await using s = await stack(t, 'bridge')
  await s.ok('up', '-d')
  await s.ok('exec', '-T', 'web', 'sh', '-c', 'mkdir /templates && echo mine > /templates/one.tmpl')
  const changes = [
    'LABEL com.docker.compose.bridge=transformation',
    `ENTRYPOINT ${JSON.stringify(['sh', '-c', program])}`,
  ]
  await s.ok('commit', ...changes.flatMap(change => ['-c', change]), 'web', 'my/transformer:1')
  assert.match(await s.ok('bridge', 'transformations', 'list'), /^[0-9a-f]{12} +my\/transformer +1 +[\d.]+MB$/m)
  assert.equal(await s.ok('bridge', 'transformations', 'ls', '-q'), 'my/transformer:1\n')
  assert.deepEqual(JSON.parse(await s.ok('bridge', 'transformations', 'ls', '--format', 'json'))[0].RepoTags, [
    'my/transformer:1',
  ])

  const out = join(s.root, 'out')
  const words = ['bridge', 'convert', '-t', 'my/transformer:1', '-o', out]
  assert.equal(await s.ok('--dry-run', ...words), `run my/transformer:1 with the project, into ${out}\n`)
  assert.equal(existsSync(out), false)
  assert.equal(await s.ok(...words), `converted by ${process.getuid?.()}, true\n`)
  const converted = readFileSync(join(out, 'compose.yaml'), 'utf8')
  assert.match(converted, /^ {4}expose:\n {6}- "80"$/m)
  assert.match(converted, /^ {4}content: \|\n {6}the key$/m)
  assert.equal(readFileSync(join(out, 'templates/one.tmpl'), 'utf8'), 'mine\n')

  // What is there goes only when somebody says so.
  writeFileSync(join(out, 'precious'), '')
  const entry = new URL('../../bin/run.js', import.meta.url).pathname
  const nobody = { cwd: s.cwd, env: s.env, input: '', encoding: 'utf8' } as const
  const refused = spawnSync(process.execPath, [entry, ...words], nobody)
  assert.equal(refused.status, 1)
  assert.match(refused.stderr, /^deletion of output directory '.*' was not confirmed$/m)
  assert.ok(existsSync(join(out, 'precious')))
  const templates = join(s.root, 'own')
  await s.ok('bridge', 'transformations', 'create', '-f', 'my/transformer:1', templates)
  assert.equal(readFileSync(join(templates, 'templates/one.tmpl'), 'utf8'), 'mine\n')
  assert.match(
    readFileSync(join(templates, 'Dockerfile'), 'utf8'),
    /^LABEL com\.docker\.compose\.bridge=transformation$/m,
  )
  const again = await s.cli('bridge', 'transformations', 'create', '-f', 'my/transformer:1', templates)
  assert.match(again.stderr, /^output folder .* already exists\n/)
  writeFileSync(join(templates, 'templates/one.tmpl'), 'other\n')
  await s.ok(...words, '-y', '--templates', join(templates, 'templates'))
  assert.equal(existsSync(join(out, 'precious')), false)
  assert.equal(readFileSync(join(out, 'templates/one.tmpl'), 'utf8'), 'other\n')
  // Neither a container nor a folder of it is left.
  assert.match(await s.ok('ps', '-a', '--format', '{{.Service}}'), /^web\n$/)
  await s.ok('down', '-t', '0')
})

test('a transformer that fails must end the conversion with its code', async t => {
  await using s = await stack(t, 'bridge')
  await s.ok('up', '-d')
  await s.ok('commit', '-c', 'ENTRYPOINT ["sh","-c","echo no >&2; exit 7"]', 'web', 'failing')
  const { code, stderr } = await s.cli('bridge', 'convert', '-t', 'failing', '-o', join(s.root, 'out'))
  assert.deepEqual([code, stderr], [7, 'no\n'])
  const missing = await s.cli('bridge', 'transformations', 'create', '-f', 'never/was', join(s.root, 'x'))
  assert.deepEqual([missing.code, missing.stderr], [1, 'Error response from daemon: No such image: never/was:latest\n'])
  assert.equal(existsSync(join(s.root, 'x')), false)
  await s.ok('down', '-t', '0')
})
