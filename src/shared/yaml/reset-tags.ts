// `!reset` and `!override`: the nodes that carry them are taken out or kept, and their paths remembered,
// for what lies below this file to be removed there.

import { duplicateKey } from './construct.ts'
import { constructError } from './error.ts'
import type { MappingNode, Node, SequenceNode } from './node.ts'

/** Paths of the tags in the document; nodes that are reset are removed from it. */
export function takeResetTags(root: Node): string[][] {
  const walk = new ResetWalk(root)
  walk.resolve(root, [])
  return walk.paths
}

/** As Compose: a bound against documents that aliases make huge. */
const maxVisits = 100_000

class ResetWalk {
  readonly paths: string[][] = []
  private readonly root: Node
  private readonly seen = new Map<Node, string[][]>()
  private readonly below = new Map<Node, string[][]>()
  private visits = 0

  constructor(root: Node) {
    this.root = root
  }

  /** False when the node is to be left out. */
  resolve(node: Node, at: string[]): boolean {
    if (++this.visits > maxVisits)
      throw constructError(`compose file exceeds maximum node visit limit (${maxVisits})`, this.root, node)
    const target = node.kind === 'alias' ? node.target : node
    const path = at.at(-1) === '<<' ? at.slice(0, -1) : at
    if (node.kind === 'alias') this.checkCycle(target, path)
    if (target.tag === '!reset' || target.tag === '!override') {
      this.paths.push([...path])
      return target.tag === '!override'
    }
    if (target.kind === 'mapping' || target.kind === 'sequence') this.container(target, path)
    return true
  }

  private container(node: MappingNode | SequenceNode, path: string[]): void {
    const known = this.below.get(node)
    if (known !== undefined) {
      for (const rest of known) this.paths.push([...path, ...rest])
      return
    }
    const from = this.paths.length
    if (node.kind === 'sequence') {
      for (let i = node.items.length - 1; i >= 0; i--) {
        const item = node.items[i]
        if (item !== undefined && !this.resolve(item, [...path, String(i)])) node.items.splice(i, 1)
      }
    } else this.mapping(node, path)
    this.below.set(
      node,
      this.paths.slice(from).map(found => found.slice(path.length)),
    )
  }

  private mapping(node: MappingNode, path: string[]): void {
    const lines = new Map<string, number>()
    const kept: Node[] = []
    for (let i = 0; i < node.items.length; i += 2) {
      const [key, value] = [node.items[i], node.items[i + 1]]
      if (key === undefined || value === undefined) continue
      const name = key.kind === 'scalar' ? key.value : ''
      const earlier = lines.get(name)
      if (earlier !== undefined) throw duplicateKey(this.root, key, name, earlier)
      lines.set(name, key.line)
      if (value.kind === 'scalar' && value.tag === '') this.visits++
      else if (!this.resolve(value, [...path, name])) continue
      kept.push(key, value)
    }
    node.items = kept
  }

  /** An alias inside of what it stands for, but for merge keys and other services. */
  private checkCycle(target: Node, path: string[]): void {
    const earlier = this.seen.get(target) ?? []
    for (const other of earlier) {
      if (other.length === path.length || path.includes('<<') || other.includes('<<')) continue
      const [short, long] = other.length < path.length ? [other, path] : [path, other]
      if (!short.every((part, i) => part === long[i])) continue
      if (path[0] === 'services' && other[0] === 'services' && path[1] !== other[1]) continue
      const problem = `cycle detected: node at path ${path.join('.')} references node at path ${other.join('.')}`
      throw constructError(problem, this.root, target)
    }
    this.seen.set(target, [...earlier, [...path]])
  }
}
