// `services.<name>`: every attribute, the larger ones by reference.
import type { Schema } from './schema.ts'

export const service = {
  type: 'object',
  properties: {
    develop: { $ref: '#/$defs/development' },
    deploy: { $ref: '#/$defs/deployment' },
    annotations: { $ref: '#/$defs/list_or_dict' },
    attach: { type: ['boolean', 'string'] },
    build: { $ref: '#/$defs/build' },
    blkio_config: { $ref: '#/$defs/blkio_config' },
    cap_add: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    cap_drop: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    cgroup: { type: 'string', enum: ['host', 'private'] },
    cgroup_parent: { type: 'string' },
    command: { $ref: '#/$defs/command' },
    configs: { $ref: '#/$defs/service_config_or_secret' },
    container_name: { type: 'string', pattern: '[a-zA-Z0-9][a-zA-Z0-9_.-]+' },
    cpu_count: { oneOf: [{ type: 'string' }, { type: 'integer', minimum: 0 }] },
    cpu_percent: { oneOf: [{ type: 'string' }, { type: 'integer', minimum: 0, maximum: 100 }] },
    cpu_shares: { type: ['number', 'string'] },
    cpu_quota: { type: ['number', 'string'] },
    cpu_period: { type: ['number', 'string'] },
    cpu_rt_period: { type: ['number', 'string'] },
    cpu_rt_runtime: { type: ['number', 'string'] },
    cpus: { type: ['number', 'string'] },
    cpuset: { type: 'string' },
    credential_spec: { $ref: '#/$defs/credential_spec' },
    depends_on: { $ref: '#/$defs/depends_on' },
    device_cgroup_rules: { $ref: '#/$defs/list_of_strings' },
    devices: { $ref: '#/$defs/device_mappings' },
    dns: { $ref: '#/$defs/string_or_list' },
    dns_opt: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    dns_search: { $ref: '#/$defs/string_or_list' },
    domainname: { type: 'string' },
    entrypoint: { $ref: '#/$defs/command' },
    env_file: { $ref: '#/$defs/env_file' },
    label_file: { $ref: '#/$defs/label_file' },
    environment: { $ref: '#/$defs/list_or_dict' },
    expose: { type: 'array', items: { type: ['string', 'number'] }, uniqueItems: true },
    extends: { $ref: '#/$defs/extends_reference' },
    provider: { $ref: '#/$defs/provider' },
    external_links: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    extra_hosts: { $ref: '#/$defs/extra_hosts' },
    gpus: { $ref: '#/$defs/gpus' },
    group_add: { type: 'array', items: { type: ['string', 'number'] }, uniqueItems: true },
    healthcheck: { $ref: '#/$defs/healthcheck' },
    hostname: { type: 'string' },
    image: { type: 'string' },
    init: { type: ['boolean', 'string'] },
    ipc: { type: 'string' },
    isolation: { type: 'string' },
    labels: { $ref: '#/$defs/list_or_dict' },
    links: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    logging: { $ref: '#/$defs/logging' },
    mac_address: { type: 'string' },
    mem_limit: { type: ['number', 'string'] },
    mem_reservation: { type: ['string', 'integer'] },
    mem_swappiness: { type: ['integer', 'string'] },
    memswap_limit: { type: ['number', 'string'] },
    network_mode: { type: 'string' },
    models: { $ref: '#/$defs/model_references' },
    networks: { $ref: '#/$defs/network_attachments' },
    oom_kill_disable: { type: ['boolean', 'string'] },
    oom_score_adj: { oneOf: [{ type: 'string' }, { type: 'integer', minimum: -1000, maximum: 1000 }] },
    pid: { type: ['string', 'null'] },
    pids_limit: { type: ['number', 'string'] },
    platform: { type: 'string' },
    ports: { $ref: '#/$defs/ports' },
    pre_start: { type: 'array', items: { $ref: '#/$defs/pre_start_hook' } },
    post_start: { type: 'array', items: { $ref: '#/$defs/service_hook' } },
    pre_stop: { type: 'array', items: { $ref: '#/$defs/service_hook' } },
    privileged: { type: ['boolean', 'string'] },
    profiles: { $ref: '#/$defs/list_of_strings' },
    pull_policy: {
      type: 'string',
      pattern: 'always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+',
    },
    pull_refresh_after: { type: 'string' },
    read_only: { type: ['boolean', 'string'] },
    restart: { type: 'string' },
    runtime: { type: 'string' },
    scale: { type: ['integer', 'string'] },
    security_opt: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    shm_size: { type: ['number', 'string'] },
    secrets: { $ref: '#/$defs/service_config_or_secret' },
    sysctls: { $ref: '#/$defs/list_or_dict' },
    stdin_open: { type: ['boolean', 'string'] },
    stop_grace_period: { type: 'string' },
    stop_signal: { type: 'string' },
    storage_opt: { type: 'object' },
    tmpfs: { $ref: '#/$defs/string_or_list' },
    tty: { type: ['boolean', 'string'] },
    ulimits: { $ref: '#/$defs/ulimits' },
    use_api_socket: { type: 'boolean' },
    user: { type: 'string' },
    uts: { type: 'string' },
    userns_mode: { type: 'string' },
    volumes: { $ref: '#/$defs/volume_mounts' },
    volumes_from: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    working_dir: { type: 'string' },
  },
  patternProperties: { '^x-': {} },
  additionalProperties: false,
} as const satisfies Schema

export const dependsOn = {
  oneOf: [
    { $ref: '#/$defs/list_of_strings' },
    {
      type: 'object',
      additionalProperties: false,
      patternProperties: {
        '^[a-zA-Z0-9._-]+$': {
          type: 'object',
          additionalProperties: false,
          patternProperties: { '^x-': {} },
          properties: {
            restart: { type: ['boolean', 'string'] },
            required: { type: 'boolean' },
            condition: {
              type: 'string',
              enum: ['service_started', 'service_healthy', 'service_completed_successfully'],
            },
          },
          required: ['condition'],
        },
      },
    },
  ],
} as const satisfies Schema

export const extendsReference = {
  oneOf: [
    { type: 'string' },
    {
      type: 'object',
      properties: { service: { type: 'string' }, file: { type: 'string' } },
      required: ['service'],
      additionalProperties: false,
    },
  ],
} as const satisfies Schema

export const envFile = {
  oneOf: [
    { type: 'string' },
    {
      type: 'array',
      items: {
        oneOf: [
          { type: 'string' },
          {
            type: 'object',
            additionalProperties: false,
            properties: {
              path: { type: 'string' },
              format: { type: 'string' },
              required: { type: ['boolean', 'string'] },
            },
            required: ['path'],
          },
        ],
      },
    },
  ],
} as const satisfies Schema

export const labelFile = {
  oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
} as const satisfies Schema

export const logging = {
  type: 'object',
  properties: {
    driver: { type: 'string' },
    options: { type: 'object', patternProperties: { '^.+$': { type: ['string', 'number', 'null'] } } },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const credentialSpec = {
  type: 'object',
  properties: { config: { type: 'string' }, file: { type: 'string' }, registry: { type: 'string' } },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const provider = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { type: 'string' },
    options: {
      type: 'object',
      patternProperties: {
        '^.+$': {
          oneOf: [
            { type: ['string', 'number', 'boolean'] },
            { type: 'array', items: { type: ['string', 'number', 'boolean'] } },
          ],
        },
      },
    },
  },
  additionalProperties: false,
  patternProperties: { '^x-': {} },
} as const satisfies Schema

export const modelReferences = {
  oneOf: [
    { $ref: '#/$defs/list_of_strings' },
    {
      type: 'object',
      patternProperties: {
        '^[a-zA-Z0-9._-]+$': {
          oneOf: [
            {
              type: 'object',
              properties: { endpoint_var: { type: 'string' }, model_var: { type: 'string' } },
              additionalProperties: false,
              patternProperties: { '^x-': {} },
            },
            { type: 'null' },
          ],
        },
      },
    },
  ],
} as const satisfies Schema
