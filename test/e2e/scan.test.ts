// scan must list what is in the images of services without any scanner, and with one print what that finds and exit by
// severity. The scanners are scripts here: what they are given is looked at, what they answer is in their own form.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Stack, stack } from './stack.ts'

const purls = ['pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12', 'pkg:npm/left-pad@1.3.0']

test('scan must write bills of materials of the images', async t => {
  await using s = await stack(t, 'scan', { SOURCE_DATE_EPOCH: '1000000000', PATH: systemPath })
  assert.match((await s.cli('scan', 'app')).stderr, /image scanned:app is not here\n.*tsc-compose build brings it/)
  await s.ok('build')

  const table = await s.cli('scan')
  assert.match(table.stderr, /no scanner is installed: install trivy or grype/)
  assert.match(table.stderr, /scanned:app: var\/lib\/rpm\/Packages: a database of an older rpm, which is not read/)
  assert.equal(
    table.stdout,
    [
      'busybox (0 packages)',
      'PACKAGE   VERSION   KIND   LICENSE',
      '',
      'scanned:app (2 packages, debian 12)',
      'PACKAGE    VERSION   KIND   LICENSE',
      'libc6      2.36-9    deb    ',
      'left-pad   1.3.0     npm    WTFPL',
      '',
      '',
    ].join('\n'),
  )

  const spdx = JSON.parse(await s.ok('scan', 'app', '--format', 'spdx'))
  assert.equal(spdx.spdxVersion, 'SPDX-2.3')
  assert.equal(spdx.creationInfo.created, '2001-09-09T01:46:40Z')
  assert.deepEqual(
    spdx.packages.flatMap(({ externalRefs = [] }: { externalRefs?: { referenceLocator: string }[] }) =>
      externalRefs.map(one => one.referenceLocator),
    ),
    purls,
  )

  assert.match((await s.cli('scan', '--format', 'cyclonedx')).stderr, /2 images make as many documents/)
  const out = join(s.root, 'bills')
  await s.ok('scan', '--format', 'cyclonedx', '-o', out)
  assert.deepEqual(readdirSync(out).sort(), ['busybox.cdx.json', 'scanned-app.cdx.json'])
  const bill = JSON.parse(readFileSync(join(out, 'scanned-app.cdx.json'), 'utf8'))
  assert.equal(bill.specVersion, '1.6')
  assert.deepEqual(
    bill.components.flatMap(({ purl }: { purl?: string }) => purl ?? []),
    purls,
  )
  assert.match((await s.cli('scan', 'app', '-o', join(s.root, 'no/where'))).stderr, /can't be written: ENOENT/)
})

test('scan must hand images to a scanner, and exit by what it finds', async t => {
  await using s = await stack(t, 'scan')
  s.env.PATH = systemPath
  await s.ok('build')
  const missing = await s.cli('scan', 'app', '--severity', 'high')
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /^no scanner is installed\n.*trivy/)

  const finding = { VulnerabilityID: 'CVE-1', PkgName: 'libc6', InstalledVersion: '2.36-9', Severity: 'MEDIUM' }
  const trivy = program(s, 'trivy', { Results: [{ Vulnerabilities: [finding] }] })
  assert.equal(
    await s.ok('scan', 'app', '--severity', 'high'),
    'scanned:app (1 medium)\nID      SEVERITY   PACKAGE   VERSION   FIXED\nCVE-1   medium     libc6     2.36-9    \n\n',
  )
  assert.match(trivy.arguments(), /^image .*--format json --input \/\S+\/image\.tar$/)
  assert.ok(!existsSync(trivy.arguments().replace(/.* /, '')), 'the archive stays')
  const found = await s.cli('scan', 'app', '--severity', 'medium')
  assert.equal(found.code, 1)
  assert.equal(found.stderr, '1 found that is at least medium\n')

  const match = {
    vulnerability: { id: 'CVE-2', severity: 'Critical' },
    artifact: { name: 'left-pad', version: '1.3.0' },
  }
  const grype = program(s, 'grype', { matches: [match] })
  assert.equal((await s.cli('scan', 'app', '--scanner', 'grype', '--severity', 'critical')).code, 1)
  assert.match(grype.arguments(), /oci-archive:\/\S+\/image\.tar$/)

  program(s, 'trivy', undefined)
  assert.match((await s.cli('scan', 'app')).stderr, /broken\ntrivy ended with exit code 3: its own words are above/)
})

/** Programs that the engine and the scripts need, but no scanner. */
const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin'

/** A scanner that notes its arguments and prints an answer, or fails. */
function program(s: Stack, name: string, answer: object | undefined) {
  const folder = join(s.root, 'scanners')
  mkdirSync(folder, { recursive: true })
  const [path, notes, output] = [name, `${name}.args`, `${name}.json`].map(one => join(folder, one))
  assert.ok(path && notes && output)
  writeFileSync(output, JSON.stringify(answer ?? null))
  const end = answer ? `cat ${output}` : 'echo broken >&2; exit 3'
  // The archive must be there and be one.
  writeFileSync(
    path,
    `#!/bin/sh\necho "$*" >${notes}\ntar -tf "\${*##*[ :]}" | grep -q manifest.json || exit 4\n${end}\n`,
  )
  chmodSync(path, 0o755)
  s.env.PATH = `${folder}:${systemPath}`
  return { arguments: () => readFileSync(notes, 'utf8').trim() }
}
