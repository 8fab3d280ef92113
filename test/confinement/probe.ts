// Runs the probe in a container of any Docker Engine, ours or another.

import type { Docker } from '../../src/docker/client/docker.ts'
import { followProgress } from '../../src/docker/protocol/json-lines.ts'
import type { HostConfig } from '../../src/docker/protocol/types.ts'
import { logsOf } from '../engine/run.ts'
import { probeTar } from './probe-image.ts'

/** By section, then by key. */
export type Findings = Record<string, Record<string, string>>

export async function importProbe(docker: Docker): Promise<void> {
  await followProgress(await docker.importImage(probeTar(), { repo: 'probe', tag: 'latest', changes: 'CMD ["sh"]' }))
}

export async function probe(
  docker: Docker,
  options: { HostConfig?: HostConfig; sections?: string[]; User?: string } = {},
): Promise<Findings> {
  const { HostConfig = {}, sections = [], User } = options
  const container = await docker.createContainer({
    Image: 'probe',
    Cmd: ['perl', '/probe.pl', ...sections],
    HostConfig,
    ...(User ? { User } : {}),
  })
  try {
    const ended = container.wait({ condition: 'next-exit' })
    await container.start()
    const { StatusCode } = await ended
    const { stdout, stderr } = await logsOf(container)
    if (StatusCode !== 0) throw new Error(`the probe ended with ${StatusCode}: ${stderr}`)
    const findings: Findings = {}
    for (const line of stdout.trimEnd().split('\n')) {
      const [section = '', key = '', value = ''] = line.split('\t')
      findings[section] ??= {}
      const own = findings[section]
      // Mounts on one point, namespaces: in order.
      own[key] = own[key] === undefined ? value : `${own[key]}, ${value}`
    }
    return findings
  } finally {
    await container.remove({ force: true })
  }
}
