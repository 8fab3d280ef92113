// A finished model to a Project: names, kinds and hashes.

import { isTree, type Tree, type Value } from '../../shared/yaml/tree.ts'
import { extensionsOf } from '../attributes/kinds/collection.ts'
import { type Kind, Problems } from '../attributes/kinds/kind.ts'
import { makeConfig, makeModel, makeNetwork, makeSecret, makeVolume } from '../attributes/shapes/resources.ts'
import { makeService } from '../attributes/shapes/service.ts'
import { networkHash, serviceHash, volumeHash } from '../config/hash.ts'
import type { LoadContext } from '../files/context.ts'
import type { Network, Project, Volume } from '../project/project.ts'
import type { Service } from '../project/service.ts'
import { secretValueKey } from '../stages/environment.ts'
import { newRecord } from '../values/record.ts'

type Facts = Pick<Project, 'name' | 'separator' | 'composeFiles' | 'envFiles' | 'workingDir' | 'warnings'>

/** Throws with everything that has the wrong type. */
export function decodeProject(model: Tree, facts: Facts, { environment, warn, places }: LoadContext): Project {
  const problems = new Problems((sentence, path) => warn(sentence, { path }))
  const section = <T>(key: string, make: () => Kind<T>): Record<string, T> => decodeAll(model[key], key, make, problems)
  const services = newRecord<Service>()
  for (const [name, service] of Object.entries(section('services', makeService)))
    services[name] = withHash({ name, ...service }, serviceHash)
  const networks = newRecord<Network>()
  for (const [key, network] of Object.entries(section('networks', makeNetwork)))
    networks[key] = withHash(network, networkHash)
  const volumes = newRecord<Volume>()
  for (const [key, volume] of Object.entries(section('volumes', makeVolume)))
    volumes[key] = withHash(volume, volumeHash)
  const secrets = section('secrets', makeSecret)
  for (const secret of Object.values(secrets)) {
    const value = secret.extensions[secretValueKey]
    if (typeof value !== 'string') continue
    secret.content = value
    delete secret.extensions[secretValueKey]
  }
  const configs = section('configs', makeConfig)
  const models = section('models', makeModel)
  problems.throwIfAny()
  return {
    ...facts,
    environment: { ...environment },
    services,
    disabledServices: newRecord<Service>(),
    networks,
    volumes,
    secrets,
    configs,
    models,
    profiles: [],
    extensions: extensionsOf(model),
    places,
  }
}

function decodeAll<T>(
  value: Value | undefined,
  section: string,
  make: () => Kind<T>,
  problems: Problems,
): Record<string, T> {
  const record = newRecord<T>()
  if (!isTree(value)) return record
  const kind = make()
  for (const [key, entry] of Object.entries(value)) {
    const decoded = kind.decode(isTree(entry) ? entry : {}, `${section}[${key}]`, problems)
    if (decoded !== undefined) record[key] = decoded
  }
  return record
}

/** The hash is computed when it is asked for: most commands never do. A copy made with `withChanges` has its own. */
function withHash<T extends object>(value: T, hash: (value: T) => string): T & { configHash: string } {
  Object.defineProperty(value, 'configHash', {
    enumerable: true,
    configurable: true,
    get(this: T) {
      return hash(this)
    },
  })
  return value as T & { configHash: string } // it has the property now
}
