// What an engine stands on: its state, and the folders below its two roots as this boot has them.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { EngineRoots } from '../../shared/roots.ts'
import { type Collection, type Database, openDatabase } from '../store/database.ts'
import { emptyRunRoot, isFirstOfBoot } from './boot.ts'
import { type Folders, makeFolders } from './folders.ts'

export interface Ground {
  database: Database
  settings: Collection<string>
  folders: Folders
  /** Of this data root, for ever. */
  engineId: string
  /** Whether the machine was booted since the last engine. */
  booted: boolean
}

/** Throws a ComposeError where containers can't live in the roots, or a newer engine has written the state. */
export function prepareGround(roots: EngineRoots): Ground {
  const database = openDatabase(join(roots.dataRoot, 'engine.db'))
  const settings = database.collection<string>('settings')
  const booted = isFirstOfBoot(settings)
  if (booted) emptyRunRoot(roots.runRoot)
  const folders = makeFolders(roots)
  const engineId = settings.get('id') ?? randomUUID()
  if (!settings.get('id')) settings.put('id', engineId)
  return { database, settings, folders, engineId, booted }
}
