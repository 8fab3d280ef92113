// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// What a person reads when a file is wrong: the peer's sentence, then the place, then what to do about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, refusalOf } from '../../../test/memory-project.ts'

const service = (attributes: string) => `services:\n  web:\n    image: a\n    ${attributes}\n`

const mistakes: Readonly<Record<string, readonly [files: Files | string, ...lines: string[]]>> = {
  'unknown key': [
    service('comand: x'),
    "validating /project/compose.yaml: services.web additional properties 'comand' not allowed",
    '  at /project/compose.yaml:4:5 (services.web.comand)',
    '  Did you mean command?',
  ],
  'wrong type': [
    service('ports: 80'),
    'validating /project/compose.yaml: services.web.ports must be a array',
    '  at /project/compose.yaml:4:5 (services.web.ports)',
    '  Here it is the number 80. A list is [a, b], or lines that begin with `- `.',
  ],
  'wrong word': [
    service('volumes: [{type: bnd, target: /x}]'),
    "validating /project/compose.yaml: services.web.volumes.0.type value must be one of 'bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'",
    '  at /project/compose.yaml:4:16 (services.web.volumes.0.type)',
    '  Did you mean bind?',
  ],
  'half a word': [
    service('depends_on: {db: {condition: healthy}}\n  db: {image: b}'),
    "validating /project/compose.yaml: services.web.depends_on.db.condition value must be one of 'service_started', 'service_healthy', 'service_completed_successfully'",
    '  at /project/compose.yaml:4:23 (services.web.depends_on.db.condition)',
    '  Did you mean service_healthy?',
  ],
  'bad port': [
    service('ports: ["80:80", "99999:1"]'),
    'invalid hostPort: 99999',
    '  at /project/compose.yaml:4:22 (services.web.ports.99999:1)',
    '  A port is [[IP:]HOST:]CONTAINER[/PROTOCOL], each port a number or a range.',
  ],
  'bad size': [
    service('mem_limit: 3 apples'),
    'decoding failed due to the following error(s):',
    '',
    "'services[web].mem_limit' invalid suffix: 'apples'",
    '  at /project/compose.yaml:4:5 (services.web.mem_limit)',
    '  Units are b, k, m, g, t and p.',
  ],
  'undefined service': [
    service('depends_on: [dbb]\n  db: {image: b}'),
    'service "web" depends on undefined service "dbb": invalid compose project',
    '  at /project/compose.yaml:4:18 (services.web.depends_on.dbb)',
    '  Did you mean db?',
  ],
  'undefined network': [
    service('networks: {frnt: }\nnetworks: {front: }'),
    'service "web" refers to undefined network frnt: invalid compose project',
    '  at /project/compose.yaml:4:16 (services.web.networks.frnt)',
    '  Did you mean front?',
  ],
  'undefined volume, short form': [
    service('volumes: ["/a", "dta:/x"]\nvolumes: {data: }'),
    'service "web" refers to undefined volume dta: invalid compose project',
    '  at /project/compose.yaml:4:21 (services.web.volumes.dta)',
    '  Did you mean data?',
  ],
  'undefined secret, long form': [
    service('secrets: [{target: /t, source: kee}]\nsecrets: {key: {file: k}}'),
    'service "web" refers to undefined secret kee: invalid compose project',
    '  at /project/compose.yaml:4:15 (services.web.secrets.kee)',
    '  Did you mean key?',
  ],
  'required variable': [
    service('user: ${ID:?who}'),
    'error while interpolating services.web.user: required variable ID is missing a value: who',
    '  at /project/compose.yaml:4:5 (services.web.user)',
    '  Set ID in the environment or in an env file.',
  ],
  'variable of the wrong type, in a list': [
    service('ports: [{target: 1}, {target: "${T:-x}"}]'),
    'error while interpolating services.web.ports.[].target: failed to cast to expected type: strconv.Atoi: parsing "x": invalid syntax',
    '  at /project/compose.yaml:4:27 (services.web.ports.1.target)',
  ],
  'mistake in the file that is merged over another': [
    { 'compose.yaml': service('tty: true'), 'compose.override.yaml': 'services:\n  web:\n    ttty: true\n' },
    "validating /project/compose.override.yaml: services.web additional properties 'ttty' not allowed",
    '  at /project/compose.override.yaml:3:5 (services.web.ttty)',
    '  Did you mean tty?',
  ],
  'duplicate key': [
    service('image: b'),
    'failed to parse /project/compose.yaml: yaml: construct errors: line 1: line 4: mapping key "image" already defined at line 3',
    '  at /project/compose.yaml:4:5',
    '  A key can be there once: remove one, or join the two.',
  ],
  'a tab': [
    'services:\n  web:\n\timage: x\n',
    'failed to parse /project/compose.yaml: go-yaml load error in scanner (while scanning for the next token) at L3.C1: found character that cannot start any token',
    '  at /project/compose.yaml:3:1',
    '  YAML is indented with spaces, not tabs, and a text that begins with @ or ` needs quotes.',
  ],
  'wrong indentation': [
    service(' x: 1'),
    'failed to parse /project/compose.yaml: go-yaml load error in scanner at L4.C7: mapping values are not allowed in this context',
    '  at /project/compose.yaml:4:7',
    '  A text with `: ` in it needs quotes; if this is a key, look at the indentation.',
  ],
  'unclosed list': [
    service('ports: [80\n    tty: true'),
    "failed to parse /project/compose.yaml: go-yaml load error in parser (while parsing a flow sequence) at L4.C12-L5.C8: did not find expected ',' or ']'",
    '  at /project/compose.yaml:5:8',
    '  A [ or { of this value is not closed, or a comma is missing.',
  ],
  'unknown anchor': [
    'services:\n  web: *nope\n',
    "failed to parse /project/compose.yaml: go-yaml load error in composer at L2.C8: unknown anchor 'nope' referenced",
    '  at /project/compose.yaml:2:8',
    '  An anchor (&name) stands before its aliases (*name), in the same file.',
  ],
  'missing included file': [
    `include:\n  - nope.yaml\n${service('tty: true')}`,
    'open /project/nope.yaml: no such file or directory',
    '  at /project/compose.yaml:2:5 (include.0)',
  ],
  'missing extended file': [
    service('extends: {file: nope.yaml, service: x}'),
    'open /project/nope.yaml: no such file or directory',
    '  at /project/compose.yaml:4:15 (services.web.extends.file)',
  ],
  'missing env file': [
    service('env_file: nope.env'),
    'env file /project/nope.env not found: stat /project/nope.env: no such file or directory',
    '  at /project/compose.yaml:4:5 (services.web.env_file)',
    '  Create it, or write `required: false`.',
  ],
  'wrong line of an env file': [
    { 'compose.yaml': service('env_file: a.env'), 'a.env': 'A=1\nB=${C:?no C}\n' },
    'failed to read /project/a.env: required variable C is missing a value: no C',
    '  at /project/a.env:2',
    '  Set C in the environment or in an env file.',
  ],
  'no file': [
    {},
    'no configuration file provided: not found',
    '  at /project',
    '  Write a compose.yaml here, or name one with -f.',
  ],
}

for (const [name, [files, ...lines]] of Object.entries(mistakes))
  test(name, async () => {
    const said = await refusalOf(files)
    assert.equal(said, lines.map(line => `${line}\n`).join(''))
  })
