// Each sheet in test/plans: a Compose file, what the engine has, a command, the plan. UPDATE=1 writes the plans anew.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectOf } from '../../../test/memory-project.ts'
import { observedOf, readSheet, writeSheet } from '../../../test/plans/read.ts'
import { upOptions } from '../../../test/test-project.ts'
import type { Project } from '../../model/project/project.ts'
import { oneOffDraft } from '../border/one-off.ts'
import { graphFromLabels, graphOf } from '../observe/graph.ts'
import type { Observed } from '../observe/observe.ts'
import { formatPlan, type Planned } from './plan.ts'
import { planDown } from './plan-down.ts'
import { planPull } from './plan-pull.ts'
import { planRemove } from './plan-remove.ts'
import { planRun } from './plan-run.ts'
import { planUp } from './plan-up.ts'
import { planKill, planPause, planRestart, planStart, planStop } from './plan-verbs.ts'
import { preStartDrafts } from './pre-start-drafts.ts'

const folder = join(import.meta.dirname, '../../../test/plans')

for (const name of readdirSync(folder).filter(one => one.endsWith('.txt'))) {
  const path = join(folder, name)
  const cases = readSheet(readFileSync(path, 'utf8'))
  const made = cases.map(async ({ title, file, has, runs }) => {
    const plans = []
    for (const { command } of runs) plans.push({ command, plan: await planOf(command, file, has) })
    return { title, file, has, runs: plans }
  })
  if (process.env.UPDATE) writeFileSync(path, writeSheet(await Promise.all(made)))
  for (const [index, { title, runs }] of cases.entries())
    test(`${name.replace('.txt', '')}: ${title}`, async () => {
      const now = await made[index]
      for (const [at, { command, plan }] of runs.entries()) assert.equal(now?.runs[at]?.plan, plan, command)
    })
}

async function planOf(line: string, file: string, has: readonly string[]): Promise<string> {
  const [, command = '', words = '', json = '{}'] = /^(\S+)([^{]*)(\{.*\})?$/.exec(line) ?? []
  const services = words.trim() === '' ? [] : words.trim().split(' ')
  try {
    const load = (names: readonly string[]) =>
      projectOf(`name: p\n${file}`, { allResources: /^x-all:/m.test(file), services: names })
    const observed = observedOf(await load([]), has)
    const project = await load(['up', 'run', 'pull'].includes(command) ? services : [])
    return told(planned(command, services, JSON.parse(json), project, observed))
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : error}`
  }
}

function told({ plan, warnings, consents }: Planned): string {
  const notes = [...warnings.map(text => `warns: ${text}`), ...consents.map(({ question }) => `asks: ${question}`)]
  return [...notes.map(note => note.replaceAll('\n', ' ')), ...(plan.length > 0 ? [formatPlan(plan)] : [])].join('\n')
}

function planned(command: string, services: string[], own: Options, project: Project, observed: Observed): Planned {
  const { containers } = observed
  const verb = {
    graph: own.fileless ? graphFromLabels(containers) : graphOf(project.services),
    services,
    hooksOf: (name: string, kind: 'postStart' | 'preStop') => project.services[name]?.[kind] ?? [],
    stepsOf: (name: string, container: { name: string } | undefined) => preStartDrafts(project, name, container),
  }
  switch (command) {
    case 'up': {
      const { consented = [], ...options } = own
      return planUp(project, observed, upOptions({ requested: services, ...options, consented: new Set(consented) }))
    }
    case 'run': {
      const [name = ''] = services
      const service = project.services[name]
      if (!service) throw new Error(`no service ${name}`)
      const once = { service, name: 'once', autoRemove: true, useAliases: false, interactive: false, binds: [] }
      return planRun(project, observed, oneOffDraft(project, once), upOptions())
    }
    case 'down': {
      const options = { removeOrphans: false, volumes: false, images: 'none', timeout: undefined, ...own } as const
      return planDown(observed, { projectName: 'p', project: own.fileless ? undefined : project, services, ...options })
    }
    case 'pull':
      return planPull(project, observed, {
        policy: undefined,
        quiet: false,
        ignoreFailures: false,
        ignoreBuildable: false,
        ...own,
      })
    case 'rm':
      return planRemove(containers, { ...verb, stop: false, volumes: false, ...own })
    case 'start':
      return planStart(containers, { ...verb, wait: own.wait ?? false })
    case 'stop':
      return planStop(containers, verb)
    case 'restart':
      return planRestart(containers, { ...verb, noDependents: own.noDependents ?? false })
    case 'pause':
    case 'unpause':
      return planPause(containers, verb, `${command}Container`)
    case 'kill':
      return planKill(containers, own.signal ?? 'SIGKILL')
    default:
      throw new Error(`no planner of ${command}`)
  }
}

/** What follows a command, as JSON: the options of its planner. */
interface Options {
  consented?: string[]
  fileless?: boolean
  wait?: boolean
  noDependents?: boolean
  signal?: string
  images?: 'none' | 'local' | 'all'
  volumes?: boolean
  removeOrphans?: boolean
  stop?: boolean
  recreate?: 'diverged' | 'force' | 'never'
  recreateDependencies?: 'diverged' | 'force' | 'never'
  scale?: Record<string, number>
  start?: boolean
  pull?: 'always' | 'missing' | 'never' | 'policy'
  policy?: string
  ignoreFailures?: boolean
  ignoreBuildable?: boolean
  ignoreOrphans?: boolean
}
