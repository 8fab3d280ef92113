// Names that one container has for others (`links`): aliases of its own for their names in one of its networks, which
// nobody else there can ask for.
import type { Zone } from './zone.ts'

export interface LinkedEndpoint {
  networkId: string
  /** `<name>:<alias>`, or a name that is its own alias. */
  links: readonly string[]
}

export interface Links {
  /** The addresses of all that the alias stands for. Undefined: it stands for nobody who is there. */
  lookup(zone: Zone, alias: string): string[] | undefined
}

export function linksOf(endpoints: readonly LinkedEndpoint[]): Links {
  return {
    lookup(zone, alias) {
      const found = endpoints.flatMap(({ networkId, links }) =>
        links
          .map(link => link.toLowerCase().split(':'))
          .filter(([name, own = name]) => own === alias)
          .flatMap(([name = '']) => zone.lookup([networkId], name) ?? []),
      )
      return found.length > 0 ? [...new Set(found)] : undefined
    },
  }
}
