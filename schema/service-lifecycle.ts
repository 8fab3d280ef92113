// What happens around a running service: health, hooks, watching files.
import type { Schema } from './schema.ts'

export const healthcheck = {
  type: 'object',
  properties: {
    disable: { type: ['boolean', 'string'] },
    interval: { type: 'string' },
    retries: { type: ['number', 'string'] },
    test: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    timeout: { type: 'string' },
    start_period: { type: 'string' },
    start_interval: { type: 'string' },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const development = {
  type: ['object', 'null'],
  properties: {
    watch: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'action'],
        properties: {
          ignore: { $ref: '#/$defs/string_or_list' },
          include: { $ref: '#/$defs/string_or_list' },
          path: { type: 'string' },
          action: { type: 'string', enum: ['rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'] },
          target: { type: 'string' },
          exec: { $ref: '#/$defs/service_hook' },
          initial_sync: { type: 'boolean' },
        },
        additionalProperties: false,
        patternProperties: { '^x-': {} },
      },
    },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const serviceHook = {
  type: 'object',
  properties: {
    command: { $ref: '#/$defs/command' },
    user: { type: 'string' },
    privileged: { type: ['boolean', 'string'] },
    working_dir: { type: 'string' },
    environment: { $ref: '#/$defs/list_or_dict' },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
  required: ['command'],
} as const satisfies Schema

export const preStartHook = {
  type: 'object',
  properties: {
    command: { $ref: '#/$defs/command' },
    image: { type: 'string' },
    user: { type: 'string' },
    privileged: { type: ['boolean', 'string'] },
    working_dir: { type: 'string' },
    environment: { $ref: '#/$defs/list_or_dict' },
    per_replica: { type: ['boolean', 'string'] },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema
