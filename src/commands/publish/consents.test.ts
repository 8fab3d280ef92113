import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Project } from '../../model/project/project.ts'
import { publishQuestions } from './consents.ts'
import type { ProjectFiles } from './project-files.ts'

const project = { services: {} } as Project // nothing else is looked at here

const questions = (content: string, literals: [string, string][] = [], withEnv = false) => {
  const files: ProjectFiles = {
    files: [{ kind: 'compose', name: 'compose.yaml', path: '/x/compose.yaml', content }],
    services: [{ name: 'web', literals, envFiles: false }],
  }
  return publishQuestions(project, files, { withEnv })
}

for (const [kind, value] of [
  ['AWS Client ID', 'AKIAIOSFODNN7EXAMPLE'],
  ['AWS Secret Key', 'aws_secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"'],
  ['Github authentication', 'ghp_0123456789abcdefghijABCDEFGHIJ012345'],
  ['JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r'],
  ['Private Key', '-----BEGIN EC PRIVATE KEY-----'],
] as const)
  test(`${kind} is found by its form`, () => {
    const [question = ''] = questions(`note: ${value}\n`)
    assert.match(question, new RegExp(`sensitive data[\\s\\S]*${kind}\\n"/x/compose\\.yaml"`))
  })

test('ordinary values are nobody asked about', () => assert.deepEqual(questions('a: b\n', [['MODE', 'fast']]), []))

test('a literal under a sensitive name is, unless --with-env says so', () => {
  const literals: [string, string][] = [['DB_PASSWORD', 'x']]
  assert.match(questions('', literals)[0] ?? '', /service "web": literal value for "DB_PASSWORD"/)
  assert.deepEqual(questions('', literals, true), [])
})
