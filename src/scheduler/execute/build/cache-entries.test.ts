import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCacheEntries } from './cache-entries.ts'

const read = (cacheFrom: string[], cacheTo: string[]) => readCacheEntries({ cacheFrom, cacheTo })

test('caches of registries and images are read and written', () => {
  assert.deepEqual(read(['app:cache', 'type=registry,ref=r/c:1'], ['type=registry,ref=r/c:1,mode=max', 'inline']), {
    from: ['app:cache', 'r/c:1'],
    to: [{ Ref: 'r/c:1', Mode: 'max', IgnoreError: false }],
    inline: true,
    warnings: [],
  })
})

test('what has no effect is told by name', () => {
  const { warnings } = read(
    ['type=gha', 'type=local,src=/c', 'type=registry,ref=r,x=y'],
    [
      'type=local,dest=/c',
      'type=registry,ref=r,mode=most',
      'type=registry,ref=r,compression=zstd',
      'type=inline,mode=max',
    ],
  )
  assert.deepEqual(
    warnings.map(text => text.replace(/^build\./, '').replace(/: .*(?:only|steps).*/, ': no')),
    [
      'cache_from type=gha: no',
      'cache_from type=local,src=/c: src has no effect on this engine',
      'cache_from type=local,src=/c: no',
      'cache_from type=registry,ref=r,x=y: x has no effect on this engine',
      'cache_to type=local,dest=/c: no',
      'cache_to type=registry,ref=r,mode=most: no',
      'cache_to type=registry,ref=r,compression=zstd: compression has no effect on this engine',
      'cache_to type=inline,mode=max: no',
    ],
  )
})
