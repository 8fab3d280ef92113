// The Compose file: JSON schema 2020-12, as compose-go reads it, a superset of the specification's own
// (pre_start, build.no_cache_filter, models that are null). Descriptions are left to the specification.
import {
  command,
  extraHosts,
  listOfStrings,
  listOrDict,
  serviceConfigOrSecret,
  stringOrList,
  ulimits,
} from './common.ts'
import { config, include, model, network, secret, volume } from './resources.ts'
import type { Schema } from './schema.ts'
import {
  credentialSpec,
  dependsOn,
  envFile,
  extendsReference,
  labelFile,
  logging,
  modelReferences,
  provider,
  service,
} from './service.ts'
import { build } from './service-build.ts'
import { blkioConfig, blkioLimit, blkioWeight, deployment, devices, genericResources, gpus } from './service-deploy.ts'
import { development, healthcheck, preStartHook, serviceHook } from './service-lifecycle.ts'
import { networkAttachments, ports } from './service-network.ts'
import { deviceMappings, volumeMounts } from './service-storage.ts'

export const compose = {
  type: 'object',
  properties: {
    version: { type: 'string' },
    name: { type: 'string' },
    include: { type: 'array', items: { $ref: '#/$defs/include' } },
    services: {
      type: 'object',
      patternProperties: { '^[a-zA-Z0-9._-]+$': { $ref: '#/$defs/service' } },
      additionalProperties: false,
    },
    models: { type: 'object', patternProperties: { '^[a-zA-Z0-9._-]+$': { $ref: '#/$defs/model' } } },
    networks: { type: 'object', patternProperties: { '^[a-zA-Z0-9._-]+$': { $ref: '#/$defs/network' } } },
    volumes: {
      type: 'object',
      patternProperties: { '^[a-zA-Z0-9._-]+$': { $ref: '#/$defs/volume' } },
      additionalProperties: false,
    },
    secrets: {
      type: 'object',
      patternProperties: { '^[a-zA-Z0-9._-]+$': { $ref: '#/$defs/secret' } },
      additionalProperties: false,
    },
    configs: {
      type: 'object',
      patternProperties: { '^[a-zA-Z0-9._-]+$': { $ref: '#/$defs/config' } },
      additionalProperties: false,
    },
  },
  patternProperties: { '^x-': {} },
  additionalProperties: false,
} as const satisfies Schema

/** What `#/$defs/<name>` refers to. */
export const definitions = {
  service,
  healthcheck,
  development,
  deployment,
  generic_resources: genericResources,
  devices,
  gpus,
  include,
  network,
  volume,
  secret,
  config,
  model,
  command,
  service_hook: serviceHook,
  pre_start_hook: preStartHook,
  env_file: envFile,
  label_file: labelFile,
  string_or_list: stringOrList,
  list_of_strings: listOfStrings,
  list_or_dict: listOrDict,
  extra_hosts: extraHosts,
  blkio_limit: blkioLimit,
  blkio_weight: blkioWeight,
  service_config_or_secret: serviceConfigOrSecret,
  ulimits,
  build,
  blkio_config: blkioConfig,
  credential_spec: credentialSpec,
  depends_on: dependsOn,
  device_mappings: deviceMappings,
  provider,
  logging,
  model_references: modelReferences,
  network_attachments: networkAttachments,
  ports,
  volume_mounts: volumeMounts,
  extends_reference: extendsReference,
} as const satisfies Record<string, Schema>
