// What `viz` and `alpha viz` have in common.
import * as Flags from '@oclif/core/flags'
import { integer } from '../../cli/flags.ts'
import type { VizOptions } from './dot.ts'

export const vizFlags = {
  image: Flags.boolean({ description: "Include service's image name in output graph" }),
  'indentation-size': integer('indentation-size', {
    description: 'Number of tabs or spaces to use for indentation (default 1)',
  }),
  networks: Flags.boolean({ description: "Include service's attached networks in output graph" }),
  ports: Flags.boolean({ description: "Include service's exposed ports in output graph" }),
  spaces: Flags.boolean({ description: 'Use space character instead of tabs for indentation' }),
}

export interface VizFlags {
  image: boolean
  'indentation-size': number | undefined
  networks: boolean
  ports: boolean
  spaces: boolean
}

export const vizOptions = (flags: VizFlags): VizOptions => ({
  image: flags.image,
  networks: flags.networks,
  ports: flags.ports,
  indentation: (flags.spaces ? ' ' : '\t').repeat(Math.max(0, flags['indentation-size'] ?? 1)),
})
