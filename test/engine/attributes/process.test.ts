// What a container runs: the image's configuration, the request's over it, and the process that comes of both.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../engine-process.ts'
import { exec, logsOf, start } from '../run.ts'
import { inside } from './inside.ts'
import { loadImage } from './load-image.ts'

const { engine, see, attempt } = inside()

const configured = {
  Entrypoint: ['/bin/echo', 'entry'],
  Cmd: ['of the image'],
  Env: ['FROM=image', 'BOTH=image'],
  User: 'app',
  WorkingDir: '/home/app/work',
  Volumes: { '/kept': {} },
  ExposedPorts: { '8080/tcp': {} },
  StopSignal: 'SIGUSR1',
  // Only as a text that this shell is asked about does the check succeed.
  Healthcheck: { Test: ['CMD-SHELL', 'exit 1'], Interval: 1e8 },
  Labels: { from: 'image', both: 'image' },
  Shell: ['/bin/busybox', 'test', '-n'],
}
const showAll = ['sh', '-c', 'echo $FROM-$BOTH; pwd; id -un; mount | grep -c " /kept "']

test("the image's configuration holds where the request is silent", async () => {
  await loadImage(engine(), 'configured', configured)
  assert.equal(await see('', {}, { Image: 'configured', Cmd: [] }), 'entry of the image\n')
  assert.equal(await see('', {}, { Image: 'configured', Cmd: ['other'] }), 'entry other\n')
  // A new entrypoint was not what the image's command is for.
  assert.equal(await see('', {}, { Image: 'configured', Entrypoint: ['/bin/echo'], Cmd: [] }), '\n')
  const [first = '', ...rest] = showAll
  const request = { Image: 'configured', Entrypoint: [first], Cmd: rest }
  assert.equal(await see('', {}, request), 'image-image\n/home/app/work\napp\n1\n')
  const over = { ...request, Env: ['BOTH=request'], User: 'root', WorkingDir: '/tmp' }
  assert.equal(await see('', {}, over), 'image-request\n/tmp\nroot\n1\n')
})

test("ports, labels, stop signal and the health check's shell come from the image too", async () => {
  await loadImage(engine(), 'configured', configured)
  const container = await start(engine(), {
    Image: 'configured',
    Entrypoint: ['sh', '-c', 'trap "echo told; exit 7" USR1; while :; do sleep 0.1; done'],
    Labels: { both: 'request' },
  })
  const { Config } = await container.inspect()
  assert.deepEqual(Config?.ExposedPorts, { '8080/tcp': {} })
  assert.deepEqual(Config?.Labels, { from: 'image', both: 'request' })
  await until(async () => (await container.inspect()).State?.Health?.Status === 'healthy', 'healthy')
  await container.stop()
  assert.equal((await container.inspect()).State?.ExitCode, 7)
  assert.equal((await logsOf(container)).stdout, 'told\n')
  await container.remove({ v: true })
})

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: a working folder is made, root's, when it is missing`, async () => {
    const request = { WorkingDir: '/a/b/c', User: 'app' }
    assert.equal(await see('pwd; stat -c "%u %a" /a/b/c', { Runtime }, request), '/a/b/c\n0 755\n')
  })

  test(`${Runtime}: users and groups are looked up in the image`, async () => {
    const ids = (User: string, GroupAdd?: string[]) =>
      see('id -u; id -g; id -G | tr " " "\\n" | sort -n | xargs', { Runtime, GroupAdd }, { User })
    assert.equal(await ids('app'), '1000\n1000\n50 1000\n')
    assert.equal(await ids('1000:staff'), '1000\n50\n50\n')
    assert.equal(await ids('4321:4322'), '4321\n4322\n4322\n')
    assert.equal(await ids('app', ['nogroup', '777']), '1000\n1000\n50 777 1000 65534\n')
    assert.equal(await ids(''), '0\n0\n0\n')
  })

  test(`${Runtime}: init is process 1, hands signals on and reaps`, async () => {
    const container = await start(engine(), {
      Cmd: ['sh', '-c', 'trap "exit 9" TERM; (sleep 0.01 &) ; while :; do sleep 0.05; done'],
      HostConfig: { Init: true, Runtime },
    })
    const list = async () => (await exec(container, ['ps', '-o', 'pid,stat,args'])).stdout
    assert.match(await list(), /^ *1 +\S+ +\S*init -- sh/m)
    await until(async () => !/ Z /.test(await list()), 'the end of all zombies')
    await container.stop()
    assert.equal((await container.inspect()).State?.ExitCode, 9)
    await container.remove()
  })
}

test('a terminal is one, and stays where standard input is kept open', async () => {
  const script = '[ -t 0 ] && [ -t 1 ] && echo terminal; echo $TERM'
  const container = await engine().docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', script], Tty: true })
  const ended = container.wait({ condition: 'next-exit' })
  await container.start()
  await ended
  const chunks: Buffer[] = []
  for await (const chunk of await container.logs({ stdout: true })) chunks.push(Buffer.from(chunk))
  assert.equal(Buffer.concat(chunks).toString('utf8'), 'terminal\r\nxterm\r\n')
  await container.remove()
  // Without stdin_open there is nothing to read.
  assert.equal(await see('cat; echo end'), 'end\n')
  const open = await start(engine(), { Cmd: ['sh', '-c', 'cat; echo end'], OpenStdin: true })
  assert.equal((await open.inspect()).State?.Running, true)
  assert.match((await exec(open, ['ls', '-l', '/proc/1/fd/0'])).stdout, /pipe:/)
  await open.remove({ force: true })
})

test('what can not be had is refused in words of Docker', async () => {
  await assert.rejects(attempt({}, { User: 'nobodyatall' }), /unable to find user nobodyatall: no matching entries/)
  await assert.rejects(attempt({}, { User: '0:nogrp' }), /unable to find group nogrp: no matching entries/)
  await assert.rejects(attempt({ GroupAdd: ['nogrp'] }), /nable to find group nogrp: no matching entries/)
  await assert.rejects(attempt({}, { WorkingDir: 'rel' }), /working directory 'rel' is invalid, it needs to be an abs/)
  await assert.rejects(attempt({}, { StopSignal: 'SIGNOPE' }), /invalid signal: SIGNOPE/)
  await assert.rejects(attempt({}, { Env: ['=x'] }), /invalid environment variable: =x/)
  await assert.rejects(attempt({}, { Healthcheck: { Interval: 5 } }), /Interval in Healthcheck cannot be less than 1ms/)
  await assert.rejects(attempt({ Runtime: 'nope' }), /unknown or invalid runtime name: nope/)
  await assert.rejects(
    attempt({ RestartPolicy: { Name: 'always', MaximumRetryCount: 3 } }),
    /invalid restart policy: maximum retry count can only be used with 'on-failure'/,
  )
})
