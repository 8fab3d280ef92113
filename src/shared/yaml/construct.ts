// Nodes to values: types, merge keys, aliases. Every alias gets its own copy, so that a tree can be changed.
import { ComposeError } from '../errors.ts'
import { constructError, yamlError } from './error.ts'
import type { AliasNode, MappingNode, Node, ScalarNode } from './node.ts'
import { resolvePlain, type ScalarType } from './resolve.ts'
import { Float, isTree, newTree, Timestamp, type Tree, type Value } from './tree.ts'

/** The value of one document; `root` names the document in errors. */
export function construct(root: Node): Value {
  return new Constructor(root).value(root)
}

class Constructor {
  private readonly root: Node
  private readonly open = new Set<AliasNode['target']>()
  private readonly path: (string | number)[] = []
  private constructed = 0
  private aliased = 0

  constructor(root: Node) {
    this.root = root
  }

  value(node: Node): Value {
    this.count(node)
    switch (node.kind) {
      case 'scalar':
        return this.scalar(node)
      case 'alias':
        return this.alias(node, target => this.value(target))
      case 'sequence': {
        const items: Value[] = []
        for (const [index, item] of node.items.entries()) {
          this.path.push(index)
          items.push(this.value(item))
          this.path.pop()
        }
        return items
      }
      case 'mapping': {
        const tree = newTree()
        this.fill(tree, node)
        return tree
      }
    }
  }

  /** Keys that the tree has already win; those of merged maps come last. */
  private fill(tree: Tree, node: MappingNode): void {
    let merge: Node | undefined
    const lines = new Map<string, number>()
    for (let i = 0; i < node.items.length; i += 2) {
      const [key, value] = [node.items[i], node.items[i + 1]]
      if (key === undefined || value === undefined) continue
      if (key.kind === 'scalar' && key.plain && key.value === '<<' && key.tag === '') {
        merge = value
        continue
      }
      const name = this.key(key)
      const earlier = lines.get(name)
      if (earlier !== undefined) throw duplicateKey(this.root, key, name, earlier)
      lines.set(name, key.line)
      if (name in tree) continue
      this.path.push(name)
      tree[name] = this.value(value)
      this.path.pop()
    }
    if (merge !== undefined) this.merge(tree, merge)
  }

  private key(node: Node): string {
    this.count(node)
    const target = node.kind === 'alias' ? node.target : node
    const value = target.kind === 'scalar' ? this.scalar(target) : this.value(target)
    if (typeof value === 'string') return value
    if (isTree(value) || Array.isArray(value)) {
      const problem = `cannot use '${goSyntax(value)}' as a map key; try decoding into yaml.Node`
      throw constructError(yamlError('constructor', problem, node).message, this.root, node)
    }
    let prefix = ''
    for (const part of this.path) prefix += typeof part === 'number' ? `[${part}]` : prefix === '' ? part : `.${part}`
    const location = prefix === '' ? 'at top level' : `in ${prefix}`
    throw new ComposeError('invalid_argument', `non-string key ${location}: ${goSyntax(value)}`, {
      path: `${node.line + 1}:${node.column + 1}`,
      hint: 'Put the key in quotes.',
    })
  }

  private merge(tree: Tree, node: Node): void {
    if (node.kind === 'alias' && node.target.kind === 'sequence') {
      const { items } = node.target
      this.alias(node, () => this.mergeAll(tree, items))
    } else this.mergeAll(tree, node.kind === 'sequence' ? node.items : [node])
  }

  private mergeAll(tree: Tree, items: readonly Node[]): void {
    for (const item of items) {
      this.count(item)
      const target = item.kind === 'alias' ? item.target : item
      if (target.kind !== 'mapping') {
        const problem = 'map merge requires map or sequence of maps as the value'
        throw constructError(yamlError('constructor', problem, target).message, this.root, target)
      }
      if (item.kind === 'alias') this.alias(item, () => this.fill(tree, target))
      else this.fill(tree, target)
    }
  }

  private alias<T>(node: AliasNode, use: (target: Node) => T): T {
    if (this.open.has(node.target)) throw constructError('an anchor contains an alias of itself', this.root, node)
    this.open.add(node.target)
    const result = use(node.target)
    this.open.delete(node.target)
    return result
  }

  private scalar(node: ScalarNode): Value {
    const tag = node.tag.replace('tag:yaml.org,2002:', '!!')
    if (tag === '!!str' || (!node.plain && (tag === '' || tag === '!'))) return node.value
    if (tag === '!!binary') return Buffer.from(node.value, 'base64').toString()
    const wanted = scalarTags[tag]
    if (tag !== '' && wanted === undefined) return node.value
    const [type, value] = resolvePlain(node.value)
    if (wanted === undefined || wanted === type) return value
    if (wanted === 'float' && type === 'int') return new Float(Number(value))
    const problem = `cannot construct !!${type} \`${node.value}\` as a ${tag}`
    throw yamlError('constructor', problem, node)
  }

  /** Few aliases can make a huge document. */
  private count(node: Node): void {
    this.constructed++
    if (this.open.size > 0) this.aliased++
    if (this.aliased <= 100 || this.constructed <= 1000) return
    const allowed = 0.99 - 0.89 * Math.min(Math.max((this.constructed - 400_000) / 3_600_000, 0), 1)
    if (this.aliased / this.constructed > allowed)
      throw constructError('document contains excessive aliasing', this.root, node)
  }
}

const scalarTags: Record<string, ScalarType | undefined> = {
  '!!null': 'null',
  '!!bool': 'bool',
  '!!int': 'int',
  '!!float': 'float',
  '!!timestamp': 'timestamp',
}

export function duplicateKey(root: Node, key: Node, name: string, earlier: number): ComposeError {
  const problem = `line ${key.line + 1}: mapping key ${JSON.stringify(name)} already defined at line ${earlier + 1}`
  return constructError(problem, root, key)
}

/** As Go's %#v writes the value. */
function goSyntax(value: Value): string {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Float) return String(value.value)
  if (value instanceof Timestamp) return value.text
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isTree(value)) return String(value)
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`)
  return `map[string]interface {}{${entries.join(', ')}}`
}
