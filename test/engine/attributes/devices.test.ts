// Devices: mappings, whole folders, rules of the control group, all of them, and by CDI.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeTestRoot } from '../../test-root.ts'
import { inside } from './inside.ts'

const { see, attempt } = inside()

const scratch = makeTestRoot('tsc-engine-')
chmodSync(scratch, 0o755)
after(() => rmSync(scratch, { recursive: true, force: true }))

/** The kind of device nobody else offers. */
const vendor = `test${process.pid}.example`
const cdiFolder = '/var/run/cdi'

function writeSpec(name: string, text: string): void {
  mkdirSync(cdiFolder, { recursive: true })
  const path = join(cdiFolder, `tsc-test-${process.pid}-${name}`)
  writeFileSync(path, text)
  after(() => rmSync(path, { force: true }))
}

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: a device under another name, with the rights that were given`, async () => {
    const device = (CgroupPermissions: string) => ({
      Runtime,
      Devices: [{ PathOnHost: '/dev/loop-control', PathInContainer: '/dev/mine', CgroupPermissions }],
    })
    const script = '[ -c /dev/mine ] && (: </dev/mine) 2>/dev/null && echo r; (: >>/dev/mine) 2>/dev/null && echo w'
    assert.equal(await see(script, device('rwm')), 'r\nw\n')
    assert.equal(await see(script, device('r')), 'r\n')
  })

  test(`${Runtime}: a folder stands for the devices in it`, async () => {
    mkdirSync(join(scratch, Runtime, 'below'), { recursive: true })
    for (const [name, minor] of [
      ['one', '5'],
      ['below/two', '7'],
    ] as const)
      execFileSync('mknod', ['-m', '640', join(scratch, Runtime, name), 'c', '1', minor])
    writeFileSync(join(scratch, Runtime, 'file'), '')
    const Devices = [{ PathOnHost: join(scratch, Runtime), PathInContainer: '/dev/all', CgroupPermissions: 'rwm' }]
    const script = 'cd /dev/all; find . -type c | sort; head -c 1 one | od -An -tu1; ls | wc -l; stat -c %a below/two'
    assert.equal(await see(script, { Runtime, Devices }), './below/two\n./one\n   0\n2\n640\n')
  })

  test(`${Runtime}: a rule lets use what the container makes itself`, async () => {
    const script = 'mknod /null b 7 0 && (: </null) 2>&1 | grep -c "not permitted"'
    assert.equal(await see(script, { Runtime }), '1\n')
    assert.equal(await see(script, { Runtime, DeviceCgroupRules: ['b 7:* rwm'] }), '0\n')
  })

  test(`${Runtime}: privileged has the host's devices and may use them`, async () => {
    const script = '(: <>/dev/loop-control) && echo usable; find /dev -type b -o -type c'
    const [usable, ...seen] = (await see(script, { Runtime, Privileged: true })).trim().split('\n')
    assert.equal(usable, 'usable')
    // Folders such as /dev/net too.
    const there = readdirSync('/dev', { recursive: true, withFileTypes: true })
      .filter(entry => entry.isCharacterDevice() || entry.isBlockDevice())
      .map(entry => join(entry.parentPath, entry.name))
      .filter(path => !/^\/dev\/(pts|console|ptmx)/.test(path))
    for (const path of there) assert.ok(seen.includes(path), path)
  })

  test(`${Runtime}: CDI gives environment, nodes, mounts, groups and hooks`, async () => {
    const hookOutput = join(scratch, `hook-${Runtime}`)
    writeFileSync(join(scratch, 'library'), 'of the vendor')
    writeSpec(
      `${Runtime}.json`,
      JSON.stringify({
        cdiVersion: '0.6.0',
        kind: `${vendor}/${Runtime}`,
        containerEdits: {
          env: ['COMMON=once'],
          mounts: [{ hostPath: scratch, containerPath: '/vendor', options: ['ro'] }],
        },
        devices: [
          {
            name: 'first',
            containerEdits: {
              env: ['FIRST=1'],
              deviceNodes: [{ path: '/dev/vendor0', hostPath: '/dev/loop-control', permissions: 'rw' }],
              additionalGids: [4242],
              hooks: [{ hookName: 'createRuntime', path: '/bin/sh', args: ['sh', '-c', `cat >${hookOutput}`] }],
            },
          },
          { name: 'second', containerEdits: { env: ['SECOND=2'] } },
        ],
      }),
    )
    const script =
      'echo $COMMON-$FIRST-$SECOND; cat /vendor/library; (: <>/dev/vendor0) && stat -c %u /dev/vendor0; id -G'
    const DeviceIDs = [`${vendor}/${Runtime}=first`, `${vendor}/${Runtime}=second`]
    const DeviceRequests = [{ Driver: 'cdi', DeviceIDs }]
    const seen = await see(script, { Runtime, DeviceRequests }, { User: '33:33' })
    assert.equal(seen, 'once-1-2\nof the vendor33\n33 4242\n')
    assert.ok(statSync(hookOutput).size > 0)
  })
}

test('gpus are whatever a vendor calls so, all or as many as were asked for; files may be YAML', async () => {
  const gpus = (text: string, Count: number) => see(text, { DeviceRequests: [{ Count, Capabilities: [['gpu']] }] })
  const noDriver = /failed to discover GPU vendor from CDI: no known GPU vendor found/
  await assert.rejects(gpus('true', -1), noDriver)
  const devices = ['10', '9', 'all'].map(
    name => `  - name: "${name}"\n    containerEdits:\n      env: [GPU${name}=yes]\n`,
  )
  writeSpec('gpus.yaml', `cdiVersion: 0.6.0\nkind: ${vendor}/gpu\ndevices:\n${devices.join('')}`)
  assert.equal(await gpus('env | grep GPU', -1), 'GPUall=yes\n')
  assert.equal(await gpus('env | grep GPU', 1), 'GPU9=yes\n')
  assert.equal(await gpus('env | grep GPU | sort', 2), 'GPU10=yes\nGPU9=yes\n')
  const named = (DeviceIDs: string[]) =>
    see('env | grep GPU', { DeviceRequests: [{ DeviceIDs, Capabilities: [['gpu', 'utility']] }] })
  assert.equal(await named(['10']), 'GPU10=yes\n')
  await assert.rejects(gpus('true', 3), /3 devices of .*\/gpu were requested, and the host offers 2/)
  await assert.rejects(named(['11']), /CDI device injection failed: unresolvable CDI devices .*\/gpu=11/)
})

test('a request that nobody can meet is refused, and so is a path that is no device', async () => {
  const request = (Driver: string, Capabilities: string[][]) =>
    attempt({ DeviceRequests: [{ Driver, Count: 1, Capabilities }] })
  await assert.rejects(request('foo', [['gpu']]), /could not select device driver "foo" with capabilities: \[\[gpu\]\]/)
  await assert.rejects(request('', [['tpu', 'x'], ['y']]), /driver "" with capabilities: \[\[tpu x\] \[y\]\]/)
  const device = (PathOnHost: string) => attempt({ Devices: [{ PathOnHost, PathInContainer: '/dev/x' }] })
  const gathering = /error gathering device information while adding custom device/
  await assert.rejects(device('/dev/nope'), new RegExp(`${gathering.source} "/dev/nope": no such file or directory`))
  await assert.rejects(device('/etc/passwd'), new RegExp(`${gathering.source} "/etc/passwd": not a device node`))
  await assert.rejects(attempt({ DeviceCgroupRules: ['bad'] }), /invalid device cgroup rule format: 'bad'/)
})
