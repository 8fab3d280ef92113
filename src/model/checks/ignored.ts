// Attributes that are accepted as Docker Compose does, and that nothing honours: no single host can, or we don't yet.
// They stay in the Project and in the output of `config`; commands that create containers say so.
import type { Project } from '../project/project.ts'
import type { Service } from '../project/service.ts'

interface Row {
  attribute: string
  reason: string
  isSet(service: Service): boolean
}

const swarm = 'it is for a swarm of hosts'
const windows = 'it is for Windows containers'
const isFilled = (map: object | undefined) => map !== undefined && Object.keys(map).length > 0

const rows: readonly Row[] = [
  { attribute: 'deploy.mode', reason: swarm, isSet: ({ deploy }) => deploy?.mode === 'global' },
  { attribute: 'deploy.endpoint_mode', reason: swarm, isSet: ({ deploy }) => deploy?.endpointMode !== undefined },
  { attribute: 'deploy.labels', reason: swarm, isSet: ({ deploy }) => isFilled(deploy?.labels) },
  {
    attribute: 'deploy.update_config.parallelism',
    reason: 'containers are recreated together, or one after the other with start-first',
    isSet: ({ deploy }) => deploy?.updateConfig?.parallelism !== undefined,
  },
  {
    attribute: 'deploy.update_config.delay',
    reason: swarm,
    isSet: ({ deploy }) => Boolean(deploy?.updateConfig?.delay),
  },
  {
    attribute: 'deploy.update_config.failure_action',
    reason: 'what fails ends the command, and is planned anew by the next',
    isSet: ({ deploy }) => deploy?.updateConfig?.failureAction !== undefined,
  },
  {
    attribute: 'deploy.update_config.monitor',
    reason: swarm,
    isSet: ({ deploy }) => Boolean(deploy?.updateConfig?.monitor),
  },
  {
    attribute: 'deploy.update_config.max_failure_ratio',
    reason: swarm,
    isSet: ({ deploy }) => Boolean(deploy?.updateConfig?.maxFailureRatio),
  },
  { attribute: 'deploy.rollback_config', reason: swarm, isSet: ({ deploy }) => deploy?.rollbackConfig !== undefined },
  { attribute: 'deploy.placement', reason: swarm, isSet: hasPlacement },
  {
    attribute: 'deploy.resources.reservations.cpus',
    reason: swarm,
    isSet: ({ deploy }) => deploy?.resources.reservations?.cpus !== undefined,
  },
  {
    attribute: 'deploy.resources.reservations.generic_resources',
    reason: swarm,
    isSet: ({ deploy }) => (deploy?.resources.reservations?.genericResources.length ?? 0) > 0,
  },
  {
    attribute: 'deploy.restart_policy.delay',
    reason: 'the engine chooses the pause between restarts',
    isSet: ({ deploy }) => deploy?.restartPolicy?.delay !== undefined,
  },
  {
    attribute: 'deploy.restart_policy.max_attempts',
    reason: 'only the condition on-failure counts its tries',
    isSet: ({ deploy }) =>
      Boolean(deploy?.restartPolicy?.maxAttempts) && deploy?.restartPolicy?.condition !== 'on-failure',
  },
  {
    attribute: 'deploy.restart_policy.window',
    reason: 'the engine decides when a restart was a success',
    isSet: ({ deploy }) => deploy?.restartPolicy?.window !== undefined,
  },
  { attribute: 'credential_spec', reason: windows, isSet: ({ credentialSpec }) => credentialSpec !== undefined },
  { attribute: 'cpu_count', reason: windows, isSet: ({ cpuCount }) => cpuCount !== undefined },
  { attribute: 'cpu_percent', reason: windows, isSet: ({ cpuPercent }) => cpuPercent !== undefined },
  { attribute: 'build.isolation', reason: windows, isSet: ({ build }) => build?.isolation !== undefined },
  {
    attribute: 'build.secrets',
    reason: 'uid, gid and mode are not passed to the build',
    isSet: ({ build }) => build?.secrets.some(({ uid, gid, mode }) => (uid ?? gid ?? mode) !== undefined) ?? false,
  },
]

/** One sentence for each attribute of the enabled services that has no effect, naming the services. */
export function ignoredAttributes(project: Project): string[] {
  return rows.flatMap(({ attribute, reason, isSet }) => {
    const names = Object.values(project.services)
      .filter(isSet)
      .map(({ name }) => name)
    const [first] = names
    if (first === undefined) return []
    const place = project.places?.find({ path: `services.${first}.${attribute}` })
    return [`${attribute} of ${names.join(', ')} has no effect: ${reason}${place === undefined ? '' : ` (${place})`}`]
  })
}

function hasPlacement({ deploy }: Service): boolean {
  if (deploy === undefined) return false
  const { constraints, preferences, maxReplicasPerNode } = deploy.placement
  return constraints.length > 0 || preferences.length > 0 || maxReplicasPerNode !== undefined
}
