// A stack whose services have as many settings as one host can, each looked at where it has its effect.
import assert from 'node:assert/strict'
import { globSync, mkdirSync, readlinkSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventually, type Stack, stack } from './stack.ts'

const cdiVendor = `e2e${process.pid}.example`
const disk = globSync('/dev/{vda,sda,nvme0n1,xvda,loop0}').find(name => statSync(name).isBlockDevice()) ?? ''

/** Each line of a script's output under the name that the line begins with. */
const seen = async (s: Stack, service: string, script: string) => {
  const text = await s.ok('exec', '-T', service, 'sh', '-c', script)
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map(line => line.trim().split(/: ?(.*)/s)),
  )
}

test('every setting of a service must have its effect inside its container', async t => {
  writeCdiSpec()
  t.after(() => rmSync(cdiSpec, { force: true }))
  await using s = await stack(t, 'attributes', { CDI_DEVICE: `${cdiVendor}/device=one`, DISK: disk })
  const up = await s.cli('up', '-d')
  assert.equal(up.code, 0, up.stderr)
  t.after(() => {
    for (const folder of globSync(`/sys/fs/cgroup/{,*/}${s.env.COMPOSE_PROJECT_NAME}`)) rmdirSync(folder)
  })

  assert.deepEqual(await seen(s, 'app', process_), {
    env: 'file own [] /home/app',
    cwd: '/made/here',
    user: 'app app',
    groups: '50 777 1000 65534',
    names: 'box example.test box.example.test',
    init: 'docker-init',
  })
  assert.deepEqual(await seen(s, 'app', confinement), {
    bounding: '0000000000001000',
    privileges: '1',
    seccomp: '2',
    masks: '0',
    root: 'read-only',
    files: '100 200',
    core: '0',
    somaxconn: '77',
    device: 'r',
    cdi: 'given',
  })
  assert.deepEqual(await seen(s, 'app', limits), {
    memory: String(64 << 20),
    pids: '40',
    cpu: '50000',
    cpuset: '0',
    score: '321',
    shm: '2048',
    parent: `/${s.env.COMPOSE_PROJECT_NAME}`,
  })
  assert.deepEqual(await seen(s, 'app', mounts), {
    scratch: '1024',
    long: '1711 2048',
    image: 'busybox read-only',
    part: 'part read-only',
    here: 'compose.yaml read-only',
    whole: 'whole',
  })
  assert.deepEqual(await seen(s, 'app', names), {
    other: '10.9.8.7',
    gate: 'yes',
    server: '127.0.0.11',
    search: 'search.test',
    options: 'timeout:7 ndots:0',
  })
  assert.equal(await s.ok('logs', '--no-log-prefix', 'app'), 'on a terminal\n')
  const labelled = await s.ok('ps', '--format', '{{.Service}} {{.Health}} {{.Labels}}')
  assert.match(labelled, /^app healthy .*kind=tested/m)

  assert.deepEqual(
    await seen(
      s,
      'joined',
      'ps | grep -q "trap .exit 7" && echo processes: yes; echo shm: $(cat /dev/shm/app); echo name: $(hostname -f); (: >/whole/no) 2>/dev/null || echo volumes: $(cat /whole/file /part/file)',
    ),
    {
      processes: 'yes',
      shm: 'up',
      name: 'box.example.test',
      volumes: 'whole part',
    },
  )
  const own = ['net', 'pid', 'ipc', 'uts', 'user'].map(kind => [
    kind,
    `${kind}:${readlinkSync(`/proc/self/ns/${kind}`).slice(kind.length + 1)}`,
  ])
  const readNamespaces =
    'for kind in net pid ipc uts user; do echo $kind: $(readlink /proc/self/ns/$kind); done; sed s/nameserver/server:/ /etc/resolv.conf | grep server'
  assert.deepEqual(await seen(s, 'hosted', readNamespaces), { ...Object.fromEntries(own), server: '10.1.1.2' })
  assert.match(
    await s.ok('exec', '-T', 'hosted', 'grep', 'Seccomp:', '/proc/1/task/1/status', '/proc/self/status'),
    /self\/status:Seccomp:\t0/,
  )

  assert.deepEqual(
    await seen(
      s,
      'deployed',
      `${limits}
[ -c /dev/given ] && echo device: given`,
    ),
    {
      memory: String(48 << 20),
      pids: '33',
      cpu: '25000',
      cpuset: (await seen(s, 'timed', limits)).cpuset,
      score: '0',
      shm: '65536',
      parent: '',
      device: 'given',
    },
  )
  assert.equal((await seen(s, 'timed', limits)).cpu, '20000')

  const runs = async (service: string) =>
    (await s.ok('logs', '--no-log-prefix', service)).split('\n').filter(Boolean).length
  await eventually(async () => (await runs('again')) === 3 && (await runs('policy')) === 2, 'the last restart')
  await s.ok('stop', 'app', 'joined')
  assert.match(await s.ok('ps', '-a', '--format', '{{.Service}} {{.ExitCode}}'), /^app 7$/m)
  await s.ok('down', '-v', '-t', '0')
})

const cdiSpec = `/var/run/cdi/tsc-test-${process.pid}.json`

function writeCdiSpec(): void {
  mkdirSync('/var/run/cdi', { recursive: true })
  const devices = [{ name: 'one', containerEdits: { deviceNodes: [{ path: '/dev/given', hostPath: '/dev/null' }] } }]
  writeFileSync(cdiSpec, JSON.stringify({ cdiVersion: '0.6.0', kind: `${cdiVendor}/device`, devices }))
}

const process_ = `
echo env: $FROM_FILE $BOTH [$EMPTY] $HOME
echo cwd: $(pwd)
echo user: $(id -un) $(id -gn)
echo groups: $(id -G | tr ' ' '\\n' | sort -n)
echo names: $(hostname) $(cat /proc/sys/kernel/domainname) $(hostname -f)
echo init: $(cat /proc/1/comm)`

const confinement = `
echo bounding: $(grep CapBnd /proc/self/status | cut -f2)
echo privileges: $(grep NoNewPrivs /proc/self/status | cut -f2)
echo seccomp: $(grep Seccomp: /proc/self/status | cut -f2)
echo masks: $(mount | grep -c ' /proc/[a-z]')
mount | grep -q ' on / .*(ro,' && echo root: read-only
echo files: $(ulimit -Sn) $(ulimit -Hn)
echo core: $(ulimit -c)
echo somaxconn: $(cat /proc/sys/net/core/somaxconn)
[ -c /dev/mine ] && echo device: r
[ -c /dev/given ] && echo cdi: given`

const limits = `
of() { cat /sys/fs/cgroup/$1 2>/dev/null || cat /sys/fs/cgroup/$2; }
echo memory: $(of memory/memory.limit_in_bytes memory.max)
echo pids: $(of pids/pids.max pids.max)
echo cpu: $(of cpu/cpu.cfs_quota_us cpu.max | cut -d' ' -f1)
echo cpuset: $(of cpuset/cpuset.cpus cpuset.cpus)
echo score: $(cat /proc/self/oom_score_adj)
echo shm: $(df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2)
echo parent: $(sed -n 's,^[0-9]*:.*:\\(/.*\\)/[0-9a-f]*$,\\1,p' /proc/self/cgroup | sort -u)`

const mounts = `
size() { df -k $1 | tail -1 | tr -s ' ' | cut -d' ' -f2; }
closed() { (: >$1/no) 2>/dev/null || echo read-only; }
echo scratch: $(size /scratch)
echo long: $(stat -c %a /long) $(size /long)
echo image: $(ls /image/busybox | xargs basename) $(mount | grep ' /image ' | grep -q '(ro' && echo read-only)
echo part: $(cat /part/file) $(closed /part)
echo here: $(ls /here | grep compose) $(mount | grep ' /here ' | grep -q '(ro' && echo read-only)
echo whole: $(cat /whole/file)`

const names = `
echo other: $(grep other /etc/hosts | cut -f1)
grep -q '[0-9]\\s*gate' /etc/hosts && echo gate: yes
sed 's/^nameserver/server:/; s/^search/search:/; s/^options/options:/' /etc/resolv.conf`
