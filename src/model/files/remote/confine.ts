// A Compose file that was fetched may have only files read that came with it: neither a path upwards nor a symbolic
// link gets it at those of the reader's host. Bind mounts are another matter: they are in plain sight, and are asked for.
import { ComposeError } from '../../../shared/errors.ts'
import { isTree, type Tree, type Value } from '../../../shared/yaml/tree.ts'
import { absolute, type LoadContext } from '../context.ts'

/** Throws unless `path` is in the fetched folder that `by` is in; a file of the host's own may name any. */
export function checkConfined(path: string, by: string, key: string, { remote, source, places }: LoadContext): void {
  const folder = remote.folderOf?.(by)
  if (folder === undefined) return
  const real = source.realPath?.(path) ?? path
  if (isBelow(path, folder) && isBelow(real, source.realPath?.(folder) ?? folder)) return
  const place = places.find({ file: by, path: key }) ?? by
  throw new ComposeError('permission_denied', `${path} is outside of the remote resource that names it`, {
    path: `${place} (${key})`,
    hint: 'A Compose file that was fetched can read only files that came with it.',
  })
}

/** The same for all files that the model of the fetched file `by` has read for its services. */
export function checkModelConfined(model: Tree, by: string, context: LoadContext): void {
  if (context.remote.folderOf?.(by) === undefined) return
  const check = (value: Value | undefined, key: string) => {
    if (typeof value === 'string') checkConfined(absolute(value, context.folder), by, key, context)
  }
  for (const [name, service] of entriesOf(model.services)) {
    for (const [index, file] of listOf(service.env_file).entries())
      check(isTree(file) ? file.path : file, `services.${name}.env_file.${index}`)
    for (const [index, file] of listOf(service.label_file).entries())
      check(file, `services.${name}.label_file.${index}`)
  }
  for (const section of ['configs', 'secrets'] as const)
    for (const [name, resource] of entriesOf(model[section])) check(resource.file, `${section}.${name}.file`)
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}

function entriesOf(value: Value | undefined): [string, Tree][] {
  return isTree(value) ? Object.entries(value).flatMap(([name, entry]) => (isTree(entry) ? [[name, entry]] : [])) : []
}

function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}
