import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDockerfile } from './check.ts'
import { parseDockerfile } from './dockerfile.ts'

const check = (text: string, directive?: string) =>
  checkDockerfile(parseDockerfile(text, 'Dockerfile'), {
    ignored: ['secret', 'd'],
    predefined: ['TARGETPLATFORM', 'BUILDPLATFORM'],
    environmentOf: base => (base === 'known' ? ['PATH=/bin', 'SET=1'] : undefined),
    directive,
  })
const told = (text: string) => check(text).findings.map(({ rule, message, first }) => `${first} ${rule}: ${message}`)

for (const [text, expected] of [
  [
    'FROM known\nrun true\nRUN true',
    "2 ConsistentInstructionCasing: Command 'run' should match the case of the command majority (uppercase)",
  ],
  [
    'from known\nrun true\nRun true',
    "3 ConsistentInstructionCasing: Command 'Run' should match the case of the command majority (lowercase)",
  ],
  ['FROM known as x', "1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match"],
  ['FROM known AS aBc', "1 StageNameCasing: Stage name 'aBc' should be lowercase"],
  ['FROM known AS a\nFROM known AS a', '2 DuplicateStageName: Duplicate stage name "a", stage names should be unique'],
  ['FROM known AS context', '1 ReservedStageName: Stage name should not use the same name as reserved stage "context"'],
  [
    'FROM known\nCMD a b',
    '2 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals',
  ],
  ['FROM known\nSHELL ["/bin/sh", "-c"]\nCMD a b', ''],
  ['FROM known\nMAINTAINER me', '2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label'],
  ['ARG TAGS\nFROM known:$TAG', "2 UndefinedArgInFrom: FROM argument 'TAG' is not declared (did you mean TAGS?)"],
  [
    'ARG TAG\nFROM known:$TAG',
    '2 InvalidDefaultArgInFrom: Default value for ARG known:$TAG results in empty or invalid base image name',
  ],
  [`ARG TAG=1\nFROM known:\${TAG}`, ''],
  [
    'FROM --platform=$TARGETPLATFORM known',
    '1 RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
  ],
  [
    'FROM --platform=linux/arm64 known',
    '1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/arm64"',
  ],
  ['FROM --platform=linux/arm64 known AS build_arm64', ''],
  ['FROM known\nARG A\nCOPY $A $SET $B /x/', "3 UndefinedVar: Usage of undefined variable '$B'"],
  [`FROM known\nENV A='$B' C=\\$D E=\${F:-g}\nRUN echo $H`, ''],
  ['FROM unknown\nCOPY $B /x/', ''],
  ['# escape=`\nFROM known\nENV A=C:\\ B=1\nCOPY $B /x/', ''],
  [
    '# escape=`\nFROM known\nARG A=C:\\ TOKEN=1',
    '3 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "TOKEN")',
  ],
  ['FROM known AS a\nENV A=1\nFROM a\nWORKDIR /$A/$B', "4 UndefinedVar: Usage of undefined variable '$B'"],
  [
    'FROM known\nWORKDIR a\nWORKDIR /b\nWORKDIR c',
    '2 WorkdirRelativePath: Relative workdir "a" can have unexpected results if the base image changes',
  ],
  [
    'FROM known\nCMD ["a"]\nRUN true\nCMD ["b"]',
    '2 MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same stage because only the last one will be used',
  ],
  [
    'FROM known\nENV A b',
    '2 LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format',
  ],
  ['FROM known\nLABEL "a b"=c', ''],
  ['FROM known\nRUN a \\\n\n  b', '2 NoEmptyContinuation: Empty continuation line'],
  ['FROM known\nRUN a \\\n# why\n  b\nRUN <<X\n\nX', ''],
  [
    'FROM known\nARG API_TOKEN\nENV PUBLIC_KEY=1 TOKENS=2',
    '2 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "API_TOKEN")',
  ],
  [
    'FROM known\nEXPOSE 80/TcP 81',
    "2 ExposeProtoCasing: Defined protocol '80/TcP' in EXPOSE instruction should be lowercase",
  ],
  [
    'FROM known\nCOPY secret ./d/x e /y/\nCOPY --from=known secret /',
    '2 CopyIgnoredFile: Attempting to Copy file "secret" that is excluded by .dockerignore|2 CopyIgnoredFile: Attempting to Copy file "./d/x" that is excluded by .dockerignore',
  ],
] as const)
  test(text.replaceAll('\n', ' ⏎ '), () => assert.equal(told(text).join('|'), expected))

test('a finding has its page and its lines', () => {
  const [finding] = check('FROM known\nMAINTAINER me\n').findings
  assert.equal(finding?.url, 'https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/')
  assert.deepEqual(finding?.source, ['   1 |     FROM known', '   2 | >>> MAINTAINER me', '   3 |     '])
  assert.match(check('FROM known\nCMD a').findings[0]?.url ?? '', /\/json-args-recommended\/$/)
})

test('the directive leaves rules out, and makes what is found an error', () => {
  const text = 'FROM known\nMAINTAINER me\nCMD a'
  assert.deepEqual(
    check(`# check=skip=JSONArgsRecommended;error=true\n${text}`).findings.map(({ rule }) => rule),
    ['MaintainerDeprecated'],
  )
  assert.equal(check(`# check=error=true\n${text}`).isError, true)
  assert.deepEqual(check(text, 'skip=all').findings, [])
  assert.throws(() => check(text, 'skp=all'), /invalid check option "skp"/)
})
