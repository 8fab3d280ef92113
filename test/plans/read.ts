// Sheets of planner cases: a Compose file, what the engine has of it, a command, and the plan that is to come of it.
//
//     # title
//     services: …             the Compose file
//     -- has                  everything as the file says, unless it says `nothing`; then what is otherwise:
//     web-1 exited old        a container: its state, and words (see `changed`)
//     no web-2                it is not there; so `no network p_default`, `no volume p_data`, `no image alpine`
//     network p_default old   with another hash; `foreign`: of nobody's project
//     image alpine new        another than the containers have; `hours 30`: pulled so long ago
//     -- up {"wait":true}     the command with its options
//     0 create …              the plan; `refused: …`, `warns: …` and `asks: …` for what else came of it

import type { Project } from '../../src/model/project/project.ts'
import { replicasOf } from '../../src/model/project/service.ts'
import { labels } from '../../src/scheduler/observe/labels.ts'
import { imageOf } from '../../src/scheduler/observe/names.ts'
import type { Observed, ObservedContainer, ObservedImage } from '../../src/scheduler/observe/observe.ts'
import { imagesOf } from '../../src/scheduler/plan/plan-up.ts'

export interface Case {
  title: string
  file: string
  has: string[]
  runs: { command: string; plan: string }[]
}

export function readSheet(text: string): Case[] {
  return text
    .split(/^# /m)
    .filter(part => part.trim() !== '')
    .map(part => {
      const [head = '', ...sections] = part.split(/^-- /m)
      const [title = '', ...file] = head.split('\n')
      const all = sections.map(section => {
        const [command = '', ...lines] = section.trimEnd().split('\n')
        return { command, plan: lines.join('\n') }
      })
      const has = all.find(({ command }) => command === 'has')?.plan.split('\n') ?? []
      return { title, file: file.join('\n'), has, runs: all.filter(({ command }) => command !== 'has') }
    })
}

export function writeSheet(cases: readonly Case[]): string {
  return cases
    .map(({ title, file, has, runs }) => {
      const seen = has.length > 0 ? `-- has\n${has.join('\n')}\n` : ''
      return `# ${title}\n${file.trimEnd()}\n${seen}${runs.map(({ command, plan }) => `-- ${command}\n${plan ? `${plan}\n` : ''}`).join('')}`
    })
    .join('\n')
}

export function observedOf(project: Project, lines: readonly string[]): Observed {
  const observed = lines.includes('nothing') ? emptyOf(project) : settledOf(project)
  for (const line of lines) if (line !== 'nothing' && line !== '') apply(observed, project, line)
  observed.containers.sort((a, b) => a.service.localeCompare(b.service) || a.number - b.number)
  return observed
}

function emptyOf(project: Project): Observed {
  const images = imagesOf(project).map(name => [name, { id: `sha256:${name}`, hasHealthcheck: false, labels: {} }])
  return { containers: [], leftSteps: [], networks: [], volumes: [], images: Object.fromEntries(images), files: {} }
}

function settledOf(project: Project): Observed {
  const own = { [labels.project]: project.name }
  return {
    ...emptyOf(project),
    containers: Object.values(project.services).flatMap(service =>
      Array.from({ length: replicasOf(service) }, (_, index) => containerOf(project, service.name, index + 1)),
    ),
    networks: Object.values(project.networks).map(({ name, configHash }) => ({
      id: `id-${name}`,
      name,
      labels: { ...own, [labels.configHash]: configHash },
    })),
    volumes: Object.entries(project.volumes).map(([key, { name, configHash }]) => ({
      name,
      labels: { ...own, [labels.volume]: key, [labels.configHash]: configHash },
    })),
  }
}

/** As it is when nothing has changed. */
function containerOf(project: Project, service: string, number: number): ObservedContainer {
  const own = project.services[service]
  const networks = Object.keys(own?.networks ?? {}).map(key => project.networks[key]?.name ?? key)
  const image = own ? imageOf(project, own) : service
  return {
    id: `id-${service}-${number}`,
    name: `${project.name}-${service}-${number}`,
    service,
    number,
    oneOff: false,
    state: 'running',
    status: 'Up',
    configHash: own?.configHash ?? '',
    image: `sha256:${image}`,
    imageName: image,
    labels: {},
    mounts: (own?.volumes ?? []).flatMap(({ type, source, target = '' }) =>
      type === 'volume' && source ? [{ type, name: project.volumes[source]?.name ?? '', target, readOnly: false }] : [],
    ),
    ports: (own?.ports ?? []).flatMap(({ published, protocol = 'tcp', hostIp = '' }) =>
      published ? [{ hostIp, port: Number(published), protocol }] : [],
    ),
    networks: Object.fromEntries(networks.map(name => [name, `id-${name}`])),
    networkMode: own?.networkMode?.replace(/^service:(.*)$/, `container:id-$1-1`) ?? networks[0] ?? '',
  }
}

function apply(observed: Observed, project: Project, line: string): void {
  const [first = '', second = '', ...words] = line.split(' ')
  if (first === 'no') drop(observed, second, words[0] ?? '')
  else if (first === 'network' || first === 'volume') resource(observed, project, first, second, words)
  else if (first === 'image') observed.images[second] = imageOtherwise(second, words)
  else addContainer(observed, project, line)
}

function imageOtherwise(name: string, [what = '', hours = '']: string[]): ObservedImage {
  const known = { hasHealthcheck: false, labels: {} }
  return what === 'hours'
    ? { id: `sha256:${name}`, ...known, age: Number(hours) * 3_600_000 }
    : { id: 'sha256:new', ...known }
}

function addContainer(observed: Observed, project: Project, line: string): void {
  const [first = '', state = '', ...words] = line.split(' ')
  const [, service = '', number = ''] = /^(.+)-(\d+)$/.exec(first) ?? []
  if (service === '') throw new Error(`not understood: ${line}`)
  const container = { ...containerOf(project, service, Number(number)), state }
  for (const word of words) changed(container, word)
  observed.containers = [...observed.containers.filter(({ id }) => id !== container.id), container]
}

function drop(observed: Observed, kind: string, name: string): void {
  if (kind === 'image') delete observed.images[name]
  else if (kind === 'network') observed.networks = observed.networks.filter(one => one.name !== name)
  else if (kind === 'volume') observed.volumes = observed.volumes.filter(one => one.name !== name)
  else observed.containers = observed.containers.filter(({ id }) => id !== `id-${kind}`)
}

function resource(
  observed: Observed,
  project: Project,
  kind: 'network' | 'volume',
  name: string,
  words: readonly string[],
): void {
  drop(observed, kind, name)
  const owner = words.includes('foreign') ? {} : { [labels.project]: project.name }
  const own = { ...owner, ...(words.includes('old') ? { [labels.configHash]: 'old' } : {}), [labels.volume]: name }
  if (kind === 'network') observed.networks.push({ id: `id-${name}`, name, labels: own })
  else observed.volumes.push({ name, labels: own })
}

/** `old`: of another configuration; `one-off`; `status=Exited_(0)`; `image=…`; `network=name:id`; `after=db`. */
function changed(container: ObservedContainer, word: string): void {
  const [key = '', value = ''] = word.split('=')
  if (key === 'old') container.configHash = 'old'
  else if (key === 'one-off') container.oneOff = true
  else if (key === 'status') container.status = value.replaceAll('_', ' ')
  else if (key === 'image') container.image = value
  else if (key === 'apart') container.networks = {}
  else if (key === 'unmounted') container.mounts = []
  else if (key === 'port') container.ports = [{ hostIp: '', port: Number(value), protocol: 'tcp' }]
  else if (key === 'network')
    container.networks = Object.fromEntries([value.split(':') as [string, string]]) // two parts
  else if (key === 'after') container.labels[labels.dependsOn] = `${value}:service_started:false`
  else throw new Error(`not understood: ${word}`)
}
