// What is mounted into a service: `volumes` and `devices`.
import type { Schema } from './schema.ts'

export const volumeMounts = {
  type: 'array',
  items: {
    oneOf: [
      { type: 'string' },
      {
        type: 'object',
        required: ['type'],
        properties: {
          type: { type: 'string', enum: ['bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'] },
          source: { type: 'string' },
          target: { type: 'string' },
          read_only: { type: ['boolean', 'string'] },
          consistency: { type: 'string' },
          bind: {
            type: 'object',
            properties: {
              propagation: { type: 'string' },
              create_host_path: { type: ['boolean', 'string'] },
              recursive: { type: 'string', enum: ['enabled', 'disabled', 'writable', 'readonly'] },
              selinux: { type: 'string', enum: ['z', 'Z'] },
            },
            additionalProperties: false,
            patternProperties: { '^x-': {} },
          },
          volume: {
            type: 'object',
            properties: {
              labels: { $ref: '#/$defs/list_or_dict' },
              nocopy: { type: ['boolean', 'string'] },
              subpath: { type: 'string' },
            },
            additionalProperties: false,
            patternProperties: { '^x-': {} },
          },
          tmpfs: {
            type: 'object',
            properties: {
              size: { oneOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] },
              mode: { type: ['number', 'string'] },
            },
            additionalProperties: false,
            patternProperties: { '^x-': {} },
          },
          image: {
            type: 'object',
            properties: { subpath: { type: 'string' } },
            additionalProperties: false,
            patternProperties: { '^x-': {} },
          },
        },
        additionalProperties: false,
        patternProperties: { '^x-': {} },
      },
    ],
  },
  uniqueItems: true,
} as const satisfies Schema

export const deviceMappings = {
  type: 'array',
  items: {
    oneOf: [
      { type: 'string' },
      {
        type: 'object',
        required: ['source'],
        properties: { source: { type: 'string' }, target: { type: 'string' }, permissions: { type: 'string' } },
        additionalProperties: false,
        patternProperties: { '^x-': {} },
      },
    ],
  },
} as const satisfies Schema
