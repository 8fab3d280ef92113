// Who is called what in which network: an immutable value, swapped whole when a container comes or goes.

export interface Registration {
  /** The container. */
  id: string
  networkId: string
  networkName: string
  /** Canonical texts of both families. */
  addresses: readonly string[]
  /** The container's name, which a reverse lookup answers. */
  name: string
  /** All names it has in this network. */
  names: readonly string[]
}

export interface Zone {
  /** The addresses of a name in the networks that the asker is in. Undefined: nobody there is called so. */
  lookup(networkIds: readonly string[], name: string): string[] | undefined
  /** `<container>.<network>` of an address. */
  reverse(networkIds: readonly string[], address: string): string | undefined
}

export function buildZone(registrations: readonly Registration[]): Zone {
  const names = new Map<string, Set<string>>()
  const addresses = new Map<string, string>()
  for (const registration of registrations) {
    const { networkId, networkName } = registration
    for (const address of registration.addresses)
      addresses.set(`${networkId} ${address}`, `${registration.name}.${networkName}`)
    for (const name of registration.names) {
      for (const full of [name, `${name}.${networkName}`]) {
        const key = `${networkId} ${full.toLowerCase()}`
        const known = names.get(key)
        if (known) for (const address of registration.addresses) known.add(address)
        else names.set(key, new Set(registration.addresses))
      }
    }
  }
  return {
    lookup(networkIds, name) {
      const found: string[] = []
      for (const id of networkIds)
        for (const address of names.get(`${id} ${name}`) ?? []) if (!found.includes(address)) found.push(address)
      return found.length > 0 ? found : undefined
    },
    reverse: (networkIds, address) =>
      networkIds.map(id => addresses.get(`${id} ${address}`)).find(name => name !== undefined),
  }
}
