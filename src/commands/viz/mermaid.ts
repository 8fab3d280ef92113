// The model as a flowchart of Mermaid (https://mermaid.js.org/syntax/flowchart.html), for READMEs and wikis.
import type { Project } from '../../model/project/project.ts'
import { dependencies, details, type VizOptions } from './dot.ts'

export function mermaidGraph(project: Project, options: VizOptions): string {
  const services = Object.values(project.services)
  // A name may be one of Mermaid's own words, such as `end`.
  const ids = new Map(services.map(({ name }, index) => [name, `s${index}`]))
  const nodes = services.map(service => {
    const below = details(service, options).map(([heading, lines]) => `<br/>${heading}: ${lines.join(', ')}`)
    return `${options.indentation}${ids.get(service.name)}["${escaped(service.name + below.join(''))}"]`
  })
  const edges = dependencies(project).map(([from, to]) => `${options.indentation}${ids.get(from)} --> ${ids.get(to)}`)
  return `${['flowchart TD', ...nodes, ...edges].join('\n')}\n`
}

const escaped = (text: string) => text.replaceAll('"', '#quot;')
