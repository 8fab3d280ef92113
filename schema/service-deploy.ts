// `services.<name>.deploy`, `gpus` and `blkio_config`: limits, reservations, placement.
import type { Schema } from './schema.ts'

export const deployment = {
  type: ['object', 'null'],
  properties: {
    mode: { type: 'string' },
    endpoint_mode: { type: 'string' },
    replicas: { type: ['integer', 'string'] },
    labels: { $ref: '#/$defs/list_or_dict' },
    rollback_config: {
      type: 'object',
      properties: {
        parallelism: { type: ['integer', 'string'] },
        delay: { type: 'string' },
        failure_action: { type: 'string' },
        monitor: { type: 'string' },
        max_failure_ratio: { type: ['number', 'string'] },
        order: { type: 'string', enum: ['start-first', 'stop-first'] },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
    update_config: {
      type: 'object',
      properties: {
        parallelism: { type: ['integer', 'string'] },
        delay: { type: 'string' },
        failure_action: { type: 'string' },
        monitor: { type: 'string' },
        max_failure_ratio: { type: ['number', 'string'] },
        order: { type: 'string', enum: ['start-first', 'stop-first'] },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
    resources: {
      type: 'object',
      properties: {
        limits: {
          type: 'object',
          properties: {
            cpus: { type: ['number', 'string'] },
            memory: { type: 'string' },
            pids: { type: ['integer', 'string'] },
          },
          additionalProperties: false,
          patternProperties: { '^x-': {} },
        },
        reservations: {
          type: 'object',
          properties: {
            cpus: { type: ['number', 'string'] },
            memory: { type: 'string' },
            generic_resources: { $ref: '#/$defs/generic_resources' },
            devices: { $ref: '#/$defs/devices' },
          },
          additionalProperties: false,
          patternProperties: { '^x-': {} },
        },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
    restart_policy: {
      type: 'object',
      properties: {
        condition: { type: 'string' },
        delay: { type: 'string' },
        max_attempts: { type: ['integer', 'string'] },
        window: { type: 'string' },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
    placement: {
      type: 'object',
      properties: {
        constraints: { type: 'array', items: { type: 'string' } },
        preferences: {
          type: 'array',
          items: {
            type: 'object',
            properties: { spread: { type: 'string' } },
            additionalProperties: false,
            patternProperties: { '^x-': {} },
          },
        },
        max_replicas_per_node: { type: ['integer', 'string'] },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const genericResources = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      discrete_resource_spec: {
        type: 'object',
        properties: { kind: { type: 'string' }, value: { type: ['number', 'string'] } },
        additionalProperties: false,
        patternProperties: { '^x-': {} },
      },
    },
    additionalProperties: false,
    patternProperties: { '^x-': {} },
  },
} as const satisfies Schema

export const devices = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      capabilities: { $ref: '#/$defs/list_of_strings' },
      count: { type: ['string', 'integer'] },
      device_ids: { $ref: '#/$defs/list_of_strings' },
      driver: { type: 'string' },
      options: { $ref: '#/$defs/list_or_dict' },
    },
    additionalProperties: false,
    patternProperties: { '^x-': {} },
    required: ['capabilities'],
  },
} as const satisfies Schema

export const gpus = {
  oneOf: [
    { type: 'string', enum: ['all'] },
    {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          capabilities: { $ref: '#/$defs/list_of_strings' },
          count: { type: ['string', 'integer'] },
          device_ids: { $ref: '#/$defs/list_of_strings' },
          driver: { type: 'string' },
          options: { $ref: '#/$defs/list_or_dict' },
        },
      },
      additionalProperties: false,
      patternProperties: { '^x-': {} },
    },
  ],
} as const satisfies Schema

export const blkioConfig = {
  type: 'object',
  properties: {
    device_read_bps: { type: 'array', items: { $ref: '#/$defs/blkio_limit' } },
    device_read_iops: { type: 'array', items: { $ref: '#/$defs/blkio_limit' } },
    device_write_bps: { type: 'array', items: { $ref: '#/$defs/blkio_limit' } },
    device_write_iops: { type: 'array', items: { $ref: '#/$defs/blkio_limit' } },
    weight: { type: ['integer', 'string'] },
    weight_device: { type: 'array', items: { $ref: '#/$defs/blkio_weight' } },
  },
  additionalProperties: false,
} as const satisfies Schema

export const blkioLimit = {
  type: 'object',
  properties: { path: { type: 'string' }, rate: { type: ['integer', 'string'] } },
  additionalProperties: false,
} as const satisfies Schema

export const blkioWeight = {
  type: 'object',
  properties: { path: { type: 'string' }, weight: { type: ['integer', 'string'] } },
  additionalProperties: false,
} as const satisfies Schema
