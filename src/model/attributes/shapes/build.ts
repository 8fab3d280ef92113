// `services.<name>.build`.

import type { Build } from '../../project/service-build.ts'
import { group, mapOf } from '../kinds/collection.ts'
import { bytes, flag, text } from '../kinds/scalar.ts'
import { hosts, mapping, sshKeys, ulimit, variables } from '../kinds/special.ts'
import { texts } from './common.ts'
import { makeFileReferences } from './storage.ts'

export function makeBuild() {
  return group<Build>({
    context: ['context', text],
    dockerfile: ['dockerfile', text],
    dockerfileInline: ['dockerfile_inline', text],
    entitlements: ['entitlements', texts],
    args: ['args', variables],
    provenance: ['provenance', text],
    sbom: ['sbom', text],
    ssh: ['ssh', sshKeys],
    labels: ['labels', mapping],
    cacheFrom: ['cache_from', texts],
    cacheTo: ['cache_to', texts],
    noCache: ['no_cache', flag],
    noCacheFilter: ['no_cache_filter', texts],
    additionalContexts: ['additional_contexts', mapping],
    pull: ['pull', flag],
    extraHosts: ['extra_hosts', hosts],
    isolation: ['isolation', text],
    network: ['network', text],
    target: ['target', text],
    secrets: ['secrets', makeFileReferences()],
    shmSize: ['shm_size', bytes],
    tags: ['tags', texts],
    ulimits: ['ulimits', mapOf(ulimit)],
    platforms: ['platforms', texts],
    privileged: ['privileged', flag],
  })
}
