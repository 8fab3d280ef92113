// Where an error stands. Loading keeps no positions, which costs nothing when all is well; when something is
// not, the files are parsed once more and the key is looked up.
import { ComposeError } from '../shared/errors.ts'
import type { Node } from './yaml/node.ts'
import { parseDocuments } from './yaml/parser.ts'

/** The error with file, line and column before its key path, if one of the files has that key. */
export function locateError(error: unknown, texts: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof ComposeError) || error.path === undefined || !/^[a-z]+(?:\.|\[|$)/.test(error.path))
    return error
  const path = error.path.replace(/\[([^\]]*)\]/g, '.$1').replace(/\.+/g, '.')
  let best: { file: string; node: Node; depth: number } | undefined
  for (const [file, text] of [...texts].reverse()) {
    const found = find(text, path)
    if (found !== undefined && found.depth > (best?.depth ?? 0)) best = { file, ...found }
  }
  if (best === undefined) return error
  const { file, node } = best
  return new ComposeError(error.code, error.message, {
    path: `${file}:${node.line + 1}:${node.column + 1} (${error.path})`,
    hint: error.hint,
    cause: error.cause,
  })
}

/** The key that is deepest along the path; `depth` is how much of the path it covers. */
function find(text: string, path: string): { node: Node; depth: number } | undefined {
  let best: { node: Node; depth: number } | undefined
  try {
    for (const document of parseDocuments(text.replace(/^\ufeff/, ''))) {
      const found = walk(document, path, 0)
      if (found !== undefined && found.depth >= (best?.depth ?? 1)) best = found
    }
  } catch {
    // Only an error that parsing met can be here again, and it has its place already.
  }
  return best
}

function walk(node: Node, path: string, depth: number): { node: Node; depth: number } | undefined {
  const target = node.kind === 'alias' ? node.target : node
  if (target.kind === 'sequence') {
    const [index = ''] = path.split('.', 1)
    const item = /^\d+$/.test(index) ? target.items[Number(index)] : undefined
    return (
      item && (walk(item, path.slice(index.length + 1), depth + index.length + 1) ?? { node: item, depth: depth + 1 })
    )
  }
  if (target.kind !== 'mapping') return undefined
  let best: { node: Node; depth: number } | undefined
  for (let i = 0; i < target.items.length; i += 2) {
    const [key, value] = [target.items[i], target.items[i + 1]]
    if (key?.kind !== 'scalar' || value === undefined) continue
    const { value: name } = key
    if (path !== name && !path.startsWith(`${name}.`)) continue
    const deeper = depth + name.length + 1
    const found = walk(value, path.slice(name.length + 1), deeper) ?? { node: key, depth: deeper }
    if (found.depth > (best?.depth ?? 0)) best = found
  }
  return best
}
