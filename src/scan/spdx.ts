// A bill of materials as an SPDX 2.3 document in JSON.
import { type BillEntry, type BillOptions, documentUuid, entriesOf, type ScannedImage } from './bill.ts'

export function spdxDocument(image: ScannedImage, { created, version }: BillOptions): object {
  const entries = entriesOf(image.inventory)
  const uuid = documentUuid('spdx', image.id, image.name, created)
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: image.name,
    documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(image.name)}-${uuid}`,
    creationInfo: { created, creators: [`Tool: tsc-compose-${version}`] },
    documentDescribes: ['SPDXRef-Image'],
    packages: [
      {
        SPDXID: 'SPDXRef-Image',
        name: image.name,
        versionInfo: image.id,
        primaryPackagePurpose: 'CONTAINER',
        ...unknown,
        checksums: [{ algorithm: 'SHA256', checksumValue: image.id.replace('sha256:', '') }],
      },
      ...entries.map((entry, index) => spdxPackage(entry, idOf(index))),
    ],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-Image'),
      ...entries.map((_, index) => relationship('SPDXRef-Image', 'CONTAINS', idOf(index))),
    ],
  }
}

const idOf = (index: number) => `SPDXRef-Package-${index + 1}`

/** What databases do not tell. A license in their words need be none of SPDX's: it is a comment. */
const unknown = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
}

function spdxPackage({ name, version, license, source, purl, locations }: BillEntry, id: string): object {
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    ...unknown,
    ...(license ? { licenseComments: `declared: ${license}` } : {}),
    sourceInfo: [`found in ${locations.join(', ')}`, ...(source ? [`built from ${source}`] : [])].join('; '),
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }
}

const relationship = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
  spdxElementId,
  relationshipType,
  relatedSpdxElement,
})
