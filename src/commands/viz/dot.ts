// The model as a graph for Graphviz (https://graphviz.org/doc/info/lang.html), line by line as Docker Compose has it.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'

export interface VizOptions {
  image: boolean
  networks: boolean
  ports: boolean
  indentation: string
}

export function dotGraph(project: Project, options: VizOptions): string {
  const { indentation } = options
  const services = Object.values(project.services)
  const nodes = services.map(
    service => `${indentation}${quoted(service.name)} [style="filled" label=<${label(service, options)}>];`,
  )
  const edges = dependencies(project).map(([from, to]) => `${indentation}${quoted(from)} -> ${quoted(to)};`)
  return [`digraph ${quoted(project.name)} {`, `${indentation}layout=dot;`, ...nodes, '', ...edges, '}', ''].join('\n')
}

/** Who depends on whom; a service that is not in the project is left out. */
export function dependencies({ services }: Project): [from: string, to: string][] {
  return Object.values(services).flatMap(({ name, dependsOn }) =>
    Object.keys(dependsOn)
      .filter(dependency => dependency in services)
      .map((dependency): [string, string] => [name, dependency]),
  )
}

/** What is told of a service below its name, by heading. */
export function details(
  service: Service,
  { image, networks, ports }: VizOptions,
): [heading: string, lines: string[]][] {
  const all: [boolean, string, string[]][] = [
    [networks, 'Networks', Object.keys(service.networks)],
    [ports, 'Ports', service.ports.map(portText)],
    [image, 'Image', service.image === undefined ? [] : [service.image]],
  ]
  return all.flatMap(([wanted, heading, lines]) => (wanted && lines.length > 0 ? [[heading, lines]] : []))
}

function portText({ hostIp, published, target, protocol = 'tcp', mode = 'ingress' }: Service['ports'][number]): string {
  const host = hostIp ? `${hostIp}:` : ''
  return `${host}${published ? `${published}:` : ''}${target} (${protocol}, ${mode})`
}

function label(service: Service, options: VizOptions): string {
  const below = details(service, options).map(
    ([heading, lines]) =>
      `<font point-size="10"><br/><br/><b>${heading}:</b>${lines.map(line => `<br/>${escaped(line)}`).join('')}</font>`,
  )
  return `<font point-size="15">${escaped(service.name)}</font>${below.join('')}`
}

const quoted = (text: string) => `"${text.replaceAll('"', '\\"')}"`
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
