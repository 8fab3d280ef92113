// How a service learns of the models it uses: two variables for each. As with Docker Compose they count for its hash.
import type { Project } from '../../model/project/project.ts'
import { type Service, withChanges } from '../../model/project/service.ts'

export function withModelVariables(project: Project, endpoint: string): Project {
  const services = Object.entries(project.services).map(([name, service]): [string, Service] => {
    const variables = Object.entries(service.models).flatMap(([key, reference]) => {
      const prefix = key.toUpperCase().replaceAll('-', '_')
      return [
        [reference?.modelVar || `${prefix}_MODEL`, project.models[key]?.model ?? ''],
        [reference?.endpointVar || `${prefix}_URL`, endpoint],
      ]
    })
    if (variables.length === 0) return [name, service]
    const environment = { ...service.environment, ...Object.fromEntries(variables) }
    return [name, withChanges(service, { environment })]
  })
  return { ...project, services: Object.fromEntries(services) }
}
