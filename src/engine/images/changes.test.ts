import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyChanges } from './changes.ts'

test('each instruction sets its part of the configuration', () => {
  const config = applyChanges({}, [
    'CMD ["a", "b c"]',
    'ENTRYPOINT run it',
    'ENV A=1 B="two words"',
    'ENV C three',
    'EXPOSE 80 53/udp',
    'LABEL x=y',
    'USER app',
    'VOLUME ["/data"]',
    'WORKDIR /srv',
    'STOPSIGNAL SIGINT',
  ])
  assert.deepEqual(config, {
    Cmd: ['a', 'b c'],
    Entrypoint: ['/bin/sh', '-c', 'run it'],
    Env: ['A=1', 'B=two words', 'C=three'],
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
    Labels: { x: 'y' },
    User: 'app',
    Volumes: { '/data': {} },
    WorkingDir: '/srv',
    StopSignal: 'SIGINT',
  })
})

test('another instruction is refused by name', () => {
  assert.throws(() => applyChanges({}, ['RUN rm -rf /']), /RUN is not a valid change command/)
  assert.throws(() => applyChanges({}, ['CMD [1]']), /not a list of texts/)
})
