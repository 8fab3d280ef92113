import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { inventoryOf } from './databases.ts'
import { purlOf } from './package.ts'

const read = (files: Record<string, string | Buffer | null>) =>
  inventoryOf(
    new Map(Object.entries(files).map(([path, content]) => [path, content === null ? null : Buffer.from(content)])),
  )
const purls = (files: Record<string, string | Buffer | null>) => {
  const { packages, distribution } = read(files)
  return packages.map(one => purlOf(one, distribution))
}

test('dpkg: what is installed, not what was removed with its settings left', () =>
  assert.deepEqual(
    purls({
      'etc/os-release': 'NAME="Debian"\nID=debian\nVERSION_ID="12"\n',
      'var/lib/dpkg/status': [
        'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36)\nVersion: 1:2.36-9+deb12u9\nDescription: C\n more\n Version: 0',
        'Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1',
        'Package: held\nStatus: hold ok installed\nArchitecture: all\nVersion: 3~rc1',
      ].join('\n\n'),
      'var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12\nArchitecture: arm64\n',
    }),
    [
      'pkg:deb/debian/base-files@12?arch=arm64&distro=debian-12',
      'pkg:deb/debian/held@3~rc1?arch=all&distro=debian-12',
      'pkg:deb/debian/libc6@1:2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12',
    ],
  ))

test('apk: by its letters, with the license', () => {
  const { packages, distribution } = read({
    'usr/lib/os-release': "ID=alpine\nVERSION_ID='3.20.1'\n",
    'lib/apk/db/installed': 'C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:x\n\nP:so\nV:2\n',
  })
  assert.deepEqual(
    packages.map(({ name, version, license }) => [name, version, license]),
    [
      ['musl', '1.2.5-r0', 'MIT'],
      ['so', '2', undefined],
    ],
  )
  assert.deepEqual(distribution, { id: 'alpine', version: '3.20.1' })
})

test('npm: scoped names, licenses of old and new, and files that are no package', () => {
  const { packages, warnings } = read({
    'app/node_modules/@a/b/package.json': '{"name":"@a/b","version":"1.0.0+x","license":{"type":"ISC"}}',
    'app/node_modules/c/package.json': '\uFEFF{"name":"c","version":"2.0.0","license":"MIT"}',
    'app/node_modules/d/package.json': '{"type":"module"}',
    'app/node_modules/e/package.json': '{"name":',
  })
  assert.deepEqual(
    packages.map(one => [purlOf(one, undefined), one.license]),
    [
      ['pkg:npm/%40a/b@1.0.0%2Bx', 'ISC'],
      ['pkg:npm/c@2.0.0', 'MIT'],
    ],
  )
  assert.match(warnings.join(), /^app\/node_modules\/e\/package\.json: not read: .*JSON/)
})

test('rpm: its SQLite database, which rpm 4.18 has made', () => {
  // Two packages that rpmbuild made; one has an epoch.
  const database = gunzipSync(readFileSync(new URL('testdata/rpmdb.sqlite.gz', import.meta.url)))
  const files = { 'etc/os-release': 'ID=fedora\nVERSION_ID=40', 'usr/lib/sysimage/rpm/rpmdb.sqlite': database }
  assert.deepEqual(purls(files), [
    'pkg:rpm/fedora/epochal@2.0~rc1-1?arch=noarch&epoch=2&distro=fedora-40',
    'pkg:rpm/fedora/plain@1.2-3.fc40?arch=noarch&distro=fedora-40',
  ])
  assert.deepEqual(
    read({ ...files, 'usr/lib/sysimage/rpm/rpmdb.sqlite-wal': '' }).packages.map(one => [one.license, one.source]),
    [
      ['GPLv2+ and MIT', 'epochal-2.0~rc1-1.src.rpm'],
      ['MIT', 'plain-1.2-3.fc40.src.rpm'],
    ],
  )
  assert.match(
    read({ 'var/lib/rpm/rpmdb.sqlite': 'damaged' }).warnings.join(),
    /rpmdb\.sqlite: not read: .*not a database/,
  )
})

test('a database that is not read is named', () =>
  assert.deepEqual(read({ 'var/lib/rpm/Packages': null, 'var/lib/dpkg/status': null }).warnings, [
    'var/lib/dpkg/status: not read: it is too large, or a link out of its layer',
    'var/lib/rpm/Packages: a database of an older rpm, which is not read: its packages are missing here',
  ]))
