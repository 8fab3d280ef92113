// How a service uses networks: `networks` and `ports`.
import type { Schema } from './schema.ts'

export const networkAttachments = {
  oneOf: [
    { $ref: '#/$defs/list_of_strings' },
    {
      type: 'object',
      patternProperties: {
        '^[a-zA-Z0-9._-]+$': {
          oneOf: [
            {
              type: 'object',
              properties: {
                aliases: { $ref: '#/$defs/list_of_strings' },
                interface_name: { type: 'string' },
                ipv4_address: { type: 'string' },
                ipv6_address: { type: 'string' },
                link_local_ips: { $ref: '#/$defs/list_of_strings' },
                mac_address: { type: 'string' },
                driver_opts: { type: 'object', patternProperties: { '^.+$': { type: ['string', 'number'] } } },
                priority: { type: 'number' },
                gw_priority: { type: 'number' },
              },
              additionalProperties: false,
              patternProperties: { '^x-': {} },
            },
            { type: 'null' },
          ],
        },
      },
      additionalProperties: false,
    },
  ],
} as const satisfies Schema

export const ports = {
  type: 'array',
  items: {
    oneOf: [
      { type: 'number' },
      { type: 'string' },
      {
        type: 'object',
        properties: {
          name: { type: 'string' },
          mode: { type: 'string' },
          host_ip: { type: 'string' },
          target: { type: ['integer', 'string'] },
          published: { type: ['string', 'integer'] },
          protocol: { type: 'string' },
          app_protocol: { type: 'string' },
        },
        additionalProperties: false,
        patternProperties: { '^x-': {} },
      },
    ],
  },
  uniqueItems: true,
} as const satisfies Schema
