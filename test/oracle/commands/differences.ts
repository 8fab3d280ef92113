// Where we answer otherwise than Docker Compose did, each with its reason; and the recorded cases that are not run yet.
import type { Difference } from './compare.ts'

/** Of a container that a Ctrl-C has stopped. */
const ended = /^(?:\\r\\e\[K)?\S+ exited with code \d+$/
const endedWhy = 'how each container took the Ctrl-C is told'
const secondKills: readonly Difference[] = [
  { recorded: / Stopped $/, ours: ' Killed ', why: 'the second Ctrl-C kills' },
  { extra: / Killing $/, why: 'the second Ctrl-C kills' },
  { extra: ended, why: endedWhy },
]
const early = 'it is told before anything is made'

const plainLoopback = 'a registry on loopback may speak plain HTTP, as everywhere here'

/** Compared up to where the runtime begins to speak, on both sides. */
const ociSentence: Difference = {
  both: /(OCI runtime (?:create|exec) failed: ).*$/,
  as: '$1…',
  why: "the sentence is crun's, the recording has runc's",
}

/** What a build tells: its steps are compared, not BuildKit's own work, numbers and durations. */
const buildLog: readonly Difference[] = [
  {
    recorded: /^#N (?:\[internal\]|exporting|reading|transferring|naming|unpacking|resolving|DONE).*$/,
    why: 'the work of BuildKit itself',
  },
  { both: /^#\d+ (?:DONE|CACHED|[\d.]+ CACHED).*$/, as: '', why: 'how a step ended stands behind another number' },
  { recorded: /^#N CACHED$/, why: 'how a step ended stands behind another number' },
  { both: /^#(?:\d+|N) (?:[\d.]+|\$DURATION) /, as: '#N ', why: 'moments' },
  { both: /^#\d+ /, as: '#N ', why: 'numbers of steps' },
  { both: /^(#N \[\S* ?\d+\/\d+\] FROM ).*$/, as: '$1', why: 'as the Dockerfile names it' },
  {
    recorded: /^(?:------|\$DURATION .*| > \[.*)$/,
    why: 'what the step wrote stands on standard error, beside the error',
  },
  { extra: /^(?:------| > .*:|before|failing)$/, why: 'what the step wrote stands beside the error, also with -q' },
]

/** Pages of help have our layout (test/help.test.ts). */
const pages: readonly Difference[] = [
  {
    both: /^(?:Usage:|Options:|Commands:|Examples:|Management Commands:|EXPERIMENTAL:|Run 'docker ).*$/,
    as: '',
    why: 'a page',
  },
  {
    both: /^(?:Experimental commands|Convert compose files into|Define and run multi-container).*$/,
    as: '',
    why: 'a page',
  },
  { both: /^ {2,}(?!"|layout).*$|^ {2}-[a-z], .*$/, as: '', why: 'a page' },
]
/** Whether docker.io can be reached decides what is said of an image that it does not have. */
const noSuchImage: readonly Difference[] = [
  {
    both: /^Error response from daemon: (?:pull access denied|failed to (?:do request|resolve reference)).*$/,
    as: '',
    why: 'as above',
  },
  { both: /^.* — is docker\.io reachable from here\?$/, as: '', why: 'as above' },
]

export const differences: Readonly<Record<string, readonly Difference[]>> = {
  'build-failing-step': buildLog,
  'build-flags': [
    ...buildLog,
    { recorded: /^failed to execute bake: exit status 1$/, why: 'there is no other program that ended' },
    {
      recorded: /level=warning msg="No services to build"/,
      why: 'the file is what was asked for',
    },
    { extra: /^same image$/, why: 'an unchanged build is the same image' },
    {
      exit: /cmp -s one two && echo same image$/,
      recorded: '1',
      ours: '0',
      why: 'an unchanged build is the same image',
    },
    { both: /^ Image \S+ Building $/, as: '', why: 'a builder that is not there is told before anything is begun' },
  ],
  'build-missing-files': [
    ...buildLog,
    {
      recorded: /failed to compute cache key: failed to calculate checksum of ref \$ID::\$ID: /,
      ours: '',
      why: 'that it is not there is what matters',
    },
    {
      both: /^failed to solve: (?:orc\/no-such-base:1: )?failed to .*|^failed to solve: (?:orc\/no-such-base|pull access denied for orc\/no-such-base).*/,
      as: '',
      why: 'what is answered depends on whether docker.io can be reached',
    },
    { both: /^#N ERROR: .*$/, as: '', why: 'the error itself comes at the end' },
    { extra: /^#N \[1\/1\] FROM /, why: 'the step that asks for the base has its name' },
    { both: /^failed to solve: "\/absent": not found$/, as: '', why: 'after its error the sentence is known' },
  ],
  'build-plain': buildLog,
  'down-flags': [{ both: /^.*--volume is deprecated.*$/, as: '', why: 'once is enough' }],
  'alpha-commands': [
    ...pages,
    {
      exit: /^compose alpha (?:nosuch|dry-run)$/,
      recorded: '0',
      ours: '1',
      why: 'a word that nobody knows is no success',
    },
    { extra: /^unknown docker command: "compose alpha (?:nosuch|dry-run)"$/, why: 'a word that nobody knows is told' },
  ],
  'bridge-without-images': [
    ...pages,
    ...noSuchImage,
    {
      recorded: /^docker: 'docker compose bridge transformations create' (.*)$/,
      ours: "'tsc-compose bridge transformations create' $1",
      why: 'our name',
    },
  ],
  'config-errors': [
    {
      recorded: /^go-yaml load error in parser \(while parsing a flow node\).*$/,
      ours: "failed to parse $$CASE/syntax.yaml: go-yaml load error in parser (while parsing a flow sequence) at L2.C6-L3.C1: did not find expected ',' or ']'",
      why: 'the package yaml sees the open bracket (ADR 8)',
    },
    { recorded: /The \\"NOT_SET\\" variable is not set/, why: 'a file that is refused is not warned about too' },
  ],
  'events-bounded': [
    { recorded: /container attach|'container', 'attach'/, why: 'an attached up reads the logs, it does not attach' },
    { recorded: /^10$/, ours: '8', why: 'without the attach' },
    {
      both: /container (?:die|stop) /,
      as: 'container ends ',
      why: 'which of the two events of a stop comes first is chance',
    },
  ],
  'exec-codes': [ociSentence],
  'exec-flags': [ociSentence],
  'logs-forms': [{ recorded: /\\e\[0m/g, ours: '\\e[39m', why: 'chalk takes back the colour alone' }],
  'pause-unpause': [
    { recorded: /^ Container .* cannot start a paused container/, why: 'the sentence comes once, at the end' },
  ],
  'port-range': [
    {
      recorded: /( on endpoint \S+) \(\$ID\): all ports are allocated$/,
      ours: '$1: Bind for 127.0.0.1:18118 failed: port is already allocated — container orc-port-range-web-$$N publishes it',
      why: 'says who has the port',
    },
  ],
  'provider-missing': [
    { recorded: /^ ?provider:thing exec: .*$/, why: early },
    {
      both: /^ Container orc-provider-missing-app-1 Creating $/,
      as: '',
      why: 'nothing is begun that needs what failed',
    },
  ],
  'progress-modes': [{ both: /,"path":"[^"]*"\}$/, as: '}', why: 'an error says where' }],
  'publish-and-use': [
    { exit: /publish 127\.0\.0\.1:18131\/orc\/stack:1$/, recorded: '1', ours: '0', why: plainLoopback },
    { recorded: /^failed to do request: Head .* server gave HTTP response to HTTPS client$/, why: plainLoopback },
    { both: /^ 127\.0\.0\.1:18131\/orc\/stack:1 publish(?:ing|ed) $/, as: '', why: plainLoopback },
    { recorded: /^docker: 'docker compose publish' (.*)$/, ours: "'tsc-compose publish' $1", why: 'our name' },
    { recorded: /^(?:Usage: {2}docker compose|Run 'docker compose)/, why: 'one line says it' },
    { recorded: /level=info msg="fetch failed after status: 404/, why: 'the sentence below it says so' },
    { recorded: /^Your compose stack "oci:.*" is stored in /, why: 'the folder is a cache of ours' },
  ],
  'pull-forms': [
    { extra: /--policy sometimes is none of missing and always/, why: 'what is mistyped is told' },
    { both: /^ Image \S+ (?:Pulled|Interrupted) $/, as: '', why: 'which pull is quicker is chance' },
  ],
  'rm-forms': [
    {
      recorded: /^Error response from daemon: get \$ID: no such volume$/,
      ours: 'Error: No such volume: $$ID',
      why: 'an older docker CLI asks here',
    },
  ],
  'run-codes': [ociSentence],
  'run-ports': [
    { recorded: /^failed to start containers: \$ID$/, why: 'the sentence before it says so' },
    {
      recorded: /( on endpoint \S+) \(\$ID\)(: Bind for .* failed: port is already allocated)$/,
      ours: '$1$2 — container orc-run-ports-b publishes it',
      why: 'says who has the port',
    },
  ],
  'top-processes': [{ both: / {2,}/g, as: '  ', why: 'process ids have as many digits as they have' }],
  'tty-ctrl-c': [
    { exit: /^tty compose up$/, recorded: '0', ours: '130', why: 'the code is the same with the menu and without it' },
    {
      both: /^ Container \S+ Stopped $|^\S+ exited with code 143$/,
      as: '',
      why: 'which of the two stops first is chance',
    },
  ],
  'tty-ctrl-c-twice': secondKills,
  'tty-error': [
    {
      both: /^Error response from daemon: (?:pull access denied|failed to do request).*$/,
      as: '',
      why: 'what is answered depends on whether docker.io can be reached',
    },
    {
      both: /^ {2}(?:"?https:|or may require).*$|^.*is docker\.io reachable.*$|^(?:from )?here\?$/,
      as: '',
      why: 'nor does the line above it say the same',
    },
    { both: /^(?:y require 'docker login'.*|\S*anifests\/latest"?: .*)$/, as: '', why: 'the rest of that line' },
  ],
  'tty-no-menu': [{ extra: ended, why: endedWhy }],
  'tty-rm-prompt': [{ both: /^(\? Going to remove \S+) .*$/, as: '$1', why: "another library's prompt" }],
  'tty-run': [{ recorded: /^ Container \S+-run-\$ID (?:Creating|Created) $/, why: 'it is part of the picture' }],
  'tty-twice-no-menu': [
    ...secondKills,
    { extra: /^stubborn-1 {2}\| no$/, why: 'what it writes meanwhile is shown' },
    { both: /^\^C ?(Container.*?) ?$/, as: ' $1 ', why: 'what the terminal shows of the key' },
  ],
  'tty-volume-consent': [
    { both: /^(\? Volume ".*|ate \(data will be lost\)\?.*)$/, as: '', why: "another library's prompt" },
  ],
  'up-bad-command': [ociSentence],
  'up-interrupted': [{ extra: ended, why: endedWhy }],
  'up-image-missing': [
    { both: /^ \$ID .*$/, as: '', why: "layers come as an engine's store has them" },
    { extra: /^ Image Not\/A\/Valid:Ref:x /, why: 'it is told where it is pulled' },
    { recorded: /^unable to get image 'Not\/A\/Valid:Ref:x': /, ours: '', why: 'it is told where it is pulled' },
  ],
  'up-invalid-mount': [ociSentence],
  'up-pre-start': [
    { extra: /^web-pre_start-0 {2}\| no luck$/, why: 'what a step writes is shown' },
    { extra: /^ Container \S+-pre_start-0 Remov/, why: 'what down removes is told' },
  ],
  'up-unknown-service': [
    { extra: /level=warning msg="no such service: nosuch"/, why: 'a mistyped name is told, though it is no failure' },
  ],
  'up-wait-one-shot': [
    { exit: /^compose up --wait$/, recorded: '1', ours: '0', why: 'what has ended well is ready' },
    {
      both: /^container \S+ exited \(0\)$|^ Container \S+-job-1 Exited $/,
      as: '',
      why: 'what has ended well is ready',
    },
  ],
  'version-forms': [
    { recorded: /^Docker Compose version \$VERSION$/, ours: 'tsc-compose version 0.1.0', why: 'our name' },
    { recorded: /"docker compose version"/, ours: '"tsc-compose version"', why: 'our name' },
  ],
  'wait-codes': [
    { recorded: /^docker: 'docker compose wait' (.*)$/, ours: "'tsc-compose wait' $1", why: 'our name' },
    { recorded: /^(?:Usage: {2}docker compose|See 'docker compose)/, why: 'one line says it' },
  ],
}

/** Cases whose course is another one here, so that line by line nothing could be compared. */
export const otherwise: Readonly<Record<string, string>> = {
  'build-classic': 'our engine has one builder, whatever DOCKER_BUILDKIT says',
  'dry-run': 'the plan is printed, with the cause of every step',
  'tty-build': 'another picture in another terminal library',
  'help-and-unknown': 'pages of help have our layout (test/help.test.ts)',
  'logs-driver-none': 'output that no driver keeps is not shown; it is warned about',
  'network-names': 'resolv.conf has no comments of Docker Engine',
  'progress-tty-forced': 'another picture in another terminal library',
  'secrets-and-configs': 'a secret that is not set is refused before anything is made',
  'two-ups-at-once': 'the second waits, and says so (test/e2e/queue.test.ts)',
  'up-no-color': '--no-color means no colour on every stream',
  'up-port-taken': early,
  'watch-errors': early,
  'up-port-taken-by-process': early,
  'up-scale-port-clash': early,
}

/** What the cases of a name's beginning wait for. */
export const later: Readonly<Record<string, string>> = {
  'gpu-and-devices-refused': 'a comparison',
}
