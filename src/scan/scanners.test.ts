import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSevere, scanners } from './scanners.ts'

test("trivy's findings", () => {
  const Vulnerabilities = [
    { VulnerabilityID: 'CVE-1', PkgName: 'a', InstalledVersion: '1', FixedVersion: '2', Severity: 'HIGH' },
    { VulnerabilityID: 'CVE-2', PkgName: 'b', InstalledVersion: '3', Severity: 'UNKNOWN' },
  ]
  assert.deepEqual(scanners.trivy.read({ Results: [{ Target: 'os', Vulnerabilities }, { Target: 'clean' }] }), [
    { id: 'CVE-1', severity: 'high', package: 'a', version: '1', fixed: '2' },
    { id: 'CVE-2', severity: 'unknown', package: 'b', version: '3', fixed: '' },
  ])
  assert.deepEqual(scanners.trivy.read({}), [])
})

test("grype's findings", () =>
  assert.deepEqual(
    scanners.grype.read({
      matches: [
        {
          vulnerability: { id: 'CVE-3', severity: 'Negligible', fix: { versions: ['1.1', '2.0'], state: 'fixed' } },
          artifact: { name: 'c', version: '1' },
        },
      ],
    }),
    [{ id: 'CVE-3', severity: 'negligible', package: 'c', version: '1', fixed: '1.1, 2.0' }],
  ))

test('severities have an order', () => {
  const finding = { id: '', severity: 'medium', package: '', version: '', fixed: '' } as const
  assert.equal(isSevere(finding, 'high'), false)
  assert.equal(isSevere(finding, 'medium'), true)
  assert.equal(isSevere(finding, 'unknown'), true)
})
