// A bill of materials as a CycloneDX 1.6 document in JSON.
import { type BillEntry, type BillOptions, documentUuid, entriesOf, type ScannedImage } from './bill.ts'

export function cyclonedxDocument(image: ScannedImage, { created, version }: BillOptions): object {
  const entries = entriesOf(image.inventory)
  const { distribution } = image.inventory
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${documentUuid('cyclonedx', image.id, image.name, created)}`,
    version: 1,
    metadata: {
      timestamp: created,
      tools: { components: [{ type: 'application', name: 'tsc-compose', version }] },
      component: { type: 'container', 'bom-ref': image.id, name: image.name, version: image.id },
    },
    components: [
      ...(distribution
        ? [
            {
              type: 'operating-system',
              'bom-ref': 'distribution',
              name: distribution.id,
              version: distribution.version,
            },
          ]
        : []),
      ...entries.map(component),
    ],
    dependencies: [
      { ref: image.id, dependsOn: [...(distribution ? ['distribution'] : []), ...entries.map(({ purl }) => purl)] },
    ],
  }
}

function component({ name, version, license, purl, locations }: BillEntry): object {
  const [, group, own = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? []
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group ? { group } : {}),
    name: own,
    version,
    ...(license ? { licenses: [{ license: { name: license } }] } : {}),
    purl,
    evidence: { occurrences: locations.map(location => ({ location })) },
  }
}
