// Forms that many attributes share.
import type { Schema } from './schema.ts'

export const listOrDict = {
  oneOf: [
    {
      type: 'object',
      patternProperties: { '.+': { type: ['string', 'number', 'boolean', 'null'] } },
      additionalProperties: false,
    },
    { type: 'array', items: { type: 'string' }, uniqueItems: true },
  ],
} as const satisfies Schema

export const stringOrList = {
  oneOf: [{ type: 'string' }, { $ref: '#/$defs/list_of_strings' }],
} as const satisfies Schema

export const listOfStrings = { type: 'array', items: { type: 'string' }, uniqueItems: true } as const satisfies Schema

export const command = {
  oneOf: [{ type: 'null' }, { type: 'string' }, { type: 'array', items: { type: 'string' } }],
} as const satisfies Schema

export const extraHosts = {
  oneOf: [
    {
      type: 'object',
      patternProperties: {
        '.+': { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, uniqueItems: false }] },
      },
      additionalProperties: false,
    },
    { type: 'array', items: { type: 'string' }, uniqueItems: true },
  ],
} as const satisfies Schema

export const ulimits = {
  type: 'object',
  patternProperties: {
    '^[a-z]+$': {
      oneOf: [
        { type: ['integer', 'string'] },
        {
          type: 'object',
          properties: { hard: { type: ['integer', 'string'] }, soft: { type: ['integer', 'string'] } },
          required: ['soft', 'hard'],
          additionalProperties: false,
          patternProperties: { '^x-': {} },
        },
      ],
    },
  },
} as const satisfies Schema

export const serviceConfigOrSecret = {
  type: 'array',
  items: {
    oneOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: {
          source: { type: 'string' },
          target: { type: 'string' },
          uid: { type: 'string' },
          gid: { type: 'string' },
          mode: { type: ['number', 'string'] },
        },
        additionalProperties: false,
        patternProperties: { '^x-': {} },
      },
    ],
  },
} as const satisfies Schema
