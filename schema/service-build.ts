// `services.<name>.build`.
import type { Schema } from './schema.ts'

export const build = {
  oneOf: [
    { type: 'string' },
    {
      type: 'object',
      properties: {
        context: { type: 'string' },
        dockerfile: { type: 'string' },
        dockerfile_inline: { type: 'string' },
        entitlements: { type: 'array', items: { type: 'string' } },
        args: { $ref: '#/$defs/list_or_dict' },
        ssh: { $ref: '#/$defs/list_or_dict' },
        labels: { $ref: '#/$defs/list_or_dict' },
        cache_from: { type: 'array', items: { type: 'string' } },
        cache_to: { type: 'array', items: { type: 'string' } },
        no_cache: { type: ['boolean', 'string'] },
        no_cache_filter: { $ref: '#/$defs/string_or_list' },
        additional_contexts: { $ref: '#/$defs/list_or_dict' },
        network: { type: 'string' },
        provenance: { type: ['string', 'boolean'] },
        sbom: { type: ['string', 'boolean'] },
        pull: { type: ['boolean', 'string'] },
        target: { type: 'string' },
        shm_size: { type: ['integer', 'string'] },
        extra_hosts: { $ref: '#/$defs/extra_hosts' },
        isolation: { type: 'string' },
        privileged: { type: ['boolean', 'string'] },
        secrets: { $ref: '#/$defs/service_config_or_secret' },
        tags: { type: 'array', items: { type: 'string' } },
        ulimits: { $ref: '#/$defs/ulimits' },
        platforms: { type: 'array', items: { type: 'string' } },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
  ],
} as const satisfies Schema
