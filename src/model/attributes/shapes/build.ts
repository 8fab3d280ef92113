// `services.<name>.build`.
import type { build } from '../../../../schema/service-build.ts'
import { group, mapOf, type Shape } from '../kinds/collection.ts'
import type { RowsOf } from '../kinds/rows.ts'
import { bytes, flag, text } from '../kinds/scalar.ts'
import { hosts, mapping, sshKeys, ulimit, variables } from '../kinds/special.ts'
import { texts } from './common.ts'
import { makeFileReferences } from './storage.ts'

export type Build = Shape<typeof makeBuild>

export const makeBuild = () =>
  group({
    /** An absolute folder, or a URL. */
    context: text,
    /** Relative to the context, or absolute. */
    dockerfile: text,
    dockerfileInline: text,
    entitlements: texts,
    /** null: no value; the ARG keeps its default. */
    args: variables,
    provenance: text,
    sbom: text,
    ssh: sshKeys,
    labels: mapping,
    cacheFrom: texts,
    cacheTo: texts,
    noCache: flag,
    noCacheFilter: texts,
    /** An absolute folder, a URL, `docker-image://…` or `service:<name>`. */
    additionalContexts: mapping,
    pull: flag,
    extraHosts: hosts,
    isolation: text,
    network: text,
    target: text,
    secrets: makeFileReferences(),
    shmSize: bytes,
    tags: texts,
    ulimits: mapOf(ulimit),
    platforms: texts,
    privileged: flag,
  } satisfies RowsOf<typeof build>)
