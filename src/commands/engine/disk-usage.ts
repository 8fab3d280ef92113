// `engine df` and `engine prune`: what the engine's data takes, and what of it nobody needs.
import { openEmbedded } from '../../cli/connection.ts'
import { sizeText } from '../../shared/size-text.ts'
import { formatTable } from '../../ui/table.ts'

export async function diskUsage(): Promise<string> {
  const docker = await openEmbedded()
  try {
    const { LayersSize = 0, Images = [], Containers = [], Volumes = [], BuildCache = [] } = await docker.df()
    const sum = <T>(list: readonly T[], size: (item: T) => number | undefined | null) =>
      list.reduce((total, item) => total + Math.max(0, size(item) ?? 0), 0)
    const row = <T>(
      name: string,
      all: readonly T[],
      isUsed: (item: T) => boolean,
      size: (item: T) => number | undefined | null,
      total = sum(all, size),
    ) => {
      const free = sum(
        all.filter(item => !isUsed(item)),
        size,
      )
      const share = total > 0 ? ` (${Math.round((100 * Math.min(free, total)) / total)}%)` : ''
      return [
        name,
        String(all.length),
        String(all.filter(isUsed).length),
        sizeText(total),
        `${sizeText(Math.min(free, total))}${share}`,
      ]
    }
    const rows = [
      // What several have is there once.
      row(
        'Images',
        Images,
        ({ Containers: users = 0 }) => users > 0,
        ({ Size = 0, SharedSize = 0 }) => Size - Math.max(0, SharedSize),
        LayersSize,
      ),
      row(
        'Containers',
        Containers,
        ({ State }) => State === 'running',
        ({ SizeRw }) => SizeRw,
      ),
      row(
        'Local Volumes',
        Volumes,
        ({ UsageData }) => (UsageData?.RefCount ?? 0) > 0,
        ({ UsageData }) => UsageData?.Size,
      ),
      row(
        'Build Cache',
        BuildCache,
        ({ InUse = false }) => InUse,
        ({ Size, InUse }) => (InUse ? 0 : Size),
      ),
    ]
    return formatTable(['TYPE', 'TOTAL', 'ACTIVE', 'SIZE', 'RECLAIMABLE'], rows)
  } finally {
    docker.close()
  }
}

/** The build cache, and images without a name that no container has; with `all` also what is named or still of use. */
export async function prune(all: boolean): Promise<string> {
  const docker = await openEmbedded()
  try {
    // What an image has is not the cache's to give.
    const images = await docker.pruneImages({ filters: { dangling: [String(!all)] } })
    const builds = await docker.pruneBuilds({ all })
    return `Total reclaimed space: ${sizeText((builds.SpaceReclaimed ?? 0) + (images.SpaceReclaimed ?? 0))}\n`
  } finally {
    docker.close()
  }
}
