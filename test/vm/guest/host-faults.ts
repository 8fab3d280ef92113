// What others may do to a whole host: each is mended or done without while the engine runs.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { frames } from '../../../src/docker/protocol/frames.ts'
import { nft } from '../../../src/engine/kernel/nftables.ts'
import { linkNames } from '../../../src/engine/networks/link-names.ts'
import { startEngine, until } from '../../engine/engine-process.ts'
import { importBusybox, start } from '../../engine/run.ts'

const forwarding = '/proc/sys/net/ipv4/ip_forward'
const watches = '/proc/sys/fs/inotify/max_user_watches'

test('a firewall that is flushed, and forwarding that is switched off, come back', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  await start(engine, {
    Cmd: ['sh', '-c', 'echo served > /var/www/index.html; exec httpd -f -p 80 -h /var/www'],
    HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8099' }] } },
  })
  const { table } = linkNames(engine.root)
  nft('flush ruleset')
  writeFileSync(forwarding, '0')
  await until(() => nft('list tables').includes(table), 'the table')
  await until(() => readFileSync(forwarding, 'utf8') === '1\n', 'forwarding')
  assert.equal(await (await fetch('http://127.0.0.1:8099/')).text(), 'served\n')
})

test('without inotify ends are noticed and logs followed all the same', async () => {
  const before = readFileSync(watches, 'utf8')
  writeFileSync(watches, '0')
  try {
    await using engine = await startEngine()
    await importBusybox(engine)
    const container = await start(engine, {
      Cmd: ['sh', '-c', 'echo one; while [ ! -e /go ]; do sleep 0.1; done; echo two; exit 7'],
    })
    let seen = ''
    const following = (async () => {
      for await (const { data } of frames(await container.logs({ stdout: true, follow: true }))) seen += data
    })()
    await until(() => seen === 'one\n', 'the first line')
    const pid = (await container.inspect()).State?.Pid
    writeFileSync(`/proc/${pid}/root/go`, '')
    assert.equal((await container.wait()).StatusCode, 7)
    await following
    assert.equal(seen, 'one\ntwo\n')
  } finally {
    writeFileSync(watches, before)
  }
})
