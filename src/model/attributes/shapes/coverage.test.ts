// Every attribute of the schema is in the Project, under its name in camelCase: the compiler is the test.
// An attribute that is added to the schema alone does not compile here.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { definitions } from '../../../../schema/compose.ts'
import type { Config, Model, Network, Secret, Volume } from '../../project/project.ts'
import type { Develop, Healthcheck, Hook, Logging, Provider, Service } from '../../project/service.ts'
import type { Build } from '../../project/service-build.ts'
import type { Deploy, DeviceRequest } from '../../project/service-deploy.ts'
import type { NetworkAttachment, Port, VolumeMount } from '../../project/service-resources.ts'

type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S

type Properties<D> = D extends { readonly properties: infer P } ? keyof P : never

/** Of a schema with several forms, those of its maps. */
type Attributes<D> = D extends { readonly oneOf: readonly (infer Form)[] }
  ? Attributes<Form>
  : D extends { readonly type: 'array'; readonly items: infer Item }
    ? Attributes<Item>
    : Properties<D>

type Lacking<D, T> = Exclude<Camel<Attributes<D>>, keyof T>

type Defs = typeof definitions

/** Compiles when nothing but `Known` is lacking. */
const covers = <Known extends string>() => ({ by: <T extends Known>(..._: T[]) => {} })

// What Compose resolves away, and what it accepts without having a use for it.
covers<'extends' | 'pullRefreshAfter'>().by<Lacking<Defs['service'], Service>>()
covers<never>().by<Lacking<Defs['build'], Build>>()
covers<never>().by<Lacking<Defs['deployment'], Deploy>>()
covers<never>().by<Lacking<Defs['gpus'], DeviceRequest>>()
covers<never>().by<Lacking<Defs['healthcheck'], Healthcheck>>()
covers<never>().by<Lacking<Defs['development'], Develop>>()
covers<never>().by<Lacking<Defs['pre_start_hook'], Hook>>()
covers<never>().by<Lacking<Defs['service_hook'], Hook>>()
covers<never>().by<Lacking<Defs['logging'], Logging>>()
covers<never>().by<Lacking<Defs['provider'], Provider>>()
covers<never>().by<Lacking<Defs['ports'], Port>>()
covers<never>().by<Lacking<Defs['volume_mounts'], VolumeMount>>()
covers<never>().by<
  Lacking<
    Defs['network_attachments']['oneOf'][1]['patternProperties']['^[a-zA-Z0-9._-]+$']['oneOf'][0],
    NetworkAttachment
  >
>()
covers<never>().by<Lacking<Defs['network'], Network>>()
covers<never>().by<Lacking<Defs['volume'], Volume>>()
covers<never>().by<Lacking<Defs['config'], Config>>()
covers<never>().by<Lacking<Defs['secret'], Secret>>()
covers<never>().by<Lacking<Defs['model'], Model>>()

test('the schema is covered', () => assert.ok(covers))
