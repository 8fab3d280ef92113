// The top-level sections beside services.
import type { Schema } from './schema.ts'

export const include = {
  oneOf: [
    { type: 'string' },
    {
      type: 'object',
      properties: {
        path: { $ref: '#/$defs/string_or_list' },
        env_file: { $ref: '#/$defs/string_or_list' },
        project_directory: { type: 'string' },
      },
      additionalProperties: false,
    },
  ],
} as const satisfies Schema

export const network = {
  type: ['object', 'null'],
  properties: {
    name: { type: 'string' },
    driver: { type: 'string' },
    driver_opts: { type: 'object', patternProperties: { '^.+$': { type: ['string', 'number'] } } },
    ipam: {
      type: 'object',
      properties: {
        driver: { type: 'string' },
        config: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              subnet: { type: 'string' },
              ip_range: { type: 'string' },
              gateway: { type: 'string' },
              aux_addresses: {
                type: 'object',
                additionalProperties: false,
                patternProperties: { '^.+$': { type: 'string' } },
              },
            },
            additionalProperties: false,
            patternProperties: { '^x-': {} },
          },
        },
        options: { type: 'object', additionalProperties: false, patternProperties: { '^.+$': { type: 'string' } } },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
    external: {
      type: ['boolean', 'string', 'object'],
      properties: { name: { type: 'string' } },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
    internal: { type: ['boolean', 'string'] },
    enable_ipv4: { type: ['boolean', 'string'] },
    enable_ipv6: { type: ['boolean', 'string'] },
    attachable: { type: ['boolean', 'string'] },
    labels: { $ref: '#/$defs/list_or_dict' },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const volume = {
  type: ['object', 'null'],
  properties: {
    name: { type: 'string' },
    driver: { type: 'string' },
    driver_opts: { type: 'object', patternProperties: { '^.+$': { type: ['string', 'number'] } } },
    external: {
      type: ['boolean', 'string', 'object'],
      properties: { name: { type: 'string' } },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
    labels: { $ref: '#/$defs/list_or_dict' },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const secret = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    environment: { type: 'string' },
    file: { type: 'string' },
    external: { type: ['boolean', 'string', 'object'], properties: { name: { type: 'string' } } },
    labels: { $ref: '#/$defs/list_or_dict' },
    driver: { type: 'string' },
    driver_opts: { type: 'object', patternProperties: { '^.+$': { type: ['string', 'number'] } } },
    template_driver: { type: 'string' },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const config = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    content: { type: 'string' },
    environment: { type: 'string' },
    file: { type: 'string' },
    external: { type: ['boolean', 'string', 'object'], properties: { name: { type: 'string' } } },
    labels: { $ref: '#/$defs/list_or_dict' },
    template_driver: { type: 'string' },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const model = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    model: { type: 'string' },
    context_size: { type: 'integer' },
    runtime_flags: { type: 'array', items: { type: 'string' } },
  },
  required: ['model'],
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema
