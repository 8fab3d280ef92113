// What is watched, and what a change means: the triggers of services, with all that keeps a path out of them.
import { posix } from 'node:path'
import type { WatchTrigger } from '../../model/attributes/shapes/lifecycle.ts'
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import { ignoreMatcher, type Matcher, readIgnore } from '../../shared/ignore-patterns.ts'

export interface WatchRule {
  service: string
  trigger: WatchTrigger
  /** Whether a path of this machine is the rule's; a folder may hold some that are. */
  covers(path: string, isFolder: boolean): boolean
  /** Where a path goes in the container. Undefined: nowhere, it is not copied. */
  targetOf(path: string): string | undefined
}

/** What editors leave for moments, and what nobody means. */
const passing = [
  '**/.git',
  '**/.DS_Store',
  '**/*~',
  '**/#*#',
  '**/.#*',
  '**/4913',
  '**/.*.sw?',
  '**/.goutputstream*',
  '**/*___jb_???___',
]

/** Throws where there is nothing to be watched, or what is asked for can't be done. */
export function watchRules(project: Project): WatchRule[] {
  const rules = Object.values(project.services).flatMap(service =>
    (service.develop?.watch ?? []).map(trigger => ruleOf(service, trigger)),
  )
  if (rules.length > 0) return rules
  throw new ComposeError(
    'invalid_argument',
    "none of the selected services is configured for watch, consider setting a 'develop' section",
  )
}

function ruleOf(service: Service, trigger: WatchTrigger): WatchRule {
  if (trigger.action === 'rebuild' && !service.build)
    throw new ComposeError(
      'invalid_argument',
      `can't watch service ${JSON.stringify(service.name)} with action rebuild without a build context`,
    )
  const root = trigger.path
  const out = [...contextMatchers(service, root), ignoreMatcher(passing), ignoreMatcher(trigger.ignore)]
  const wanted = trigger.include.length > 0 ? ignoreMatcher(trigger.include) : undefined
  return {
    service: service.name,
    trigger,
    covers(path, isFolder) {
      const below = relative(root, path)
      if (below === undefined) return false
      if (below === '') return true
      if (out.some(matches => matches(below))) return false
      return isFolder || wanted === undefined || wanted(below)
    },
    targetOf(path) {
      const below = relative(root, path)
      if (trigger.target === undefined || below === undefined) return undefined
      if (trigger.action === 'restart' || trigger.action === 'rebuild') return undefined
      return posix.join('/', trigger.target, below)
    },
  }
}

/** What the build leaves out of its context, for paths in it. */
function contextMatchers({ build }: Service, root: string): Matcher[] {
  const context = build?.context
  if (context === undefined || !context.startsWith('/')) return []
  const offset = relative(context, root)
  if (offset === undefined) return []
  const matches = ignoreMatcher(readIgnore(context, build?.dockerfile))
  return [below => matches(posix.join(offset, below))]
}

/** Empty for the root itself; undefined for what is not below it. */
export function relative(root: string, path: string): string | undefined {
  if (path === root) return ''
  const prefix = root.endsWith('/') ? root : `${root}/`
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined
}
