// `build --check`: Dockerfiles are read only, and what could be better is printed as BuildKit does.
import type { Docker } from '../../docker/client/docker.ts'
import type { BuildDraft } from '../../scheduler/border/build-draft.ts'
import { checkByBuildx, hasBuildx } from '../../scheduler/execute/build/by-buildx.ts'
import { checkImage, type Finding } from '../../scheduler/execute/build/check-image.ts'
import { ComposeError } from '../../shared/errors.ts'

/** The exit code: 1 where something is found. */
export async function checkAll(drafts: readonly BuildDraft[], docker: Docker, signal: AbortSignal): Promise<number> {
  const tell = ({ image }: BuildDraft) => process.stderr.write(` Image ${image} Building \n`)
  if (!docker.hasExtension('build')) {
    if (!(await hasBuildx()))
      throw new ComposeError('not_implemented', '--check needs BuildKit, and there is no buildx here', {
        hint: "install the docker CLI's buildx (docker-buildx), or check on tsc-compose's own engine",
      })
    drafts.forEach(tell)
    return (await checkByBuildx(drafts, docker.endpoint, signal, text => process.stdout.write(text))) ? 0 : 1
  }
  let code = 0
  for (const draft of drafts) {
    tell(draft)
    const findings = await checkImage(draft, docker, signal)
    process.stdout.write(`${draft.services.join(', ')}\n\n${report(findings)}`)
    if (findings.length > 0) code = 1
  }
  return code
}

function report(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Check complete, no warnings found.\n'
  const count = findings.length === 1 ? '1 warning has' : `${findings.length} warnings have`
  return [`Check complete, ${count} been found!\n`, ...findings.map(shown)].join('\n')
}

const shown = ({ rule, url, message, file, first, source }: Finding): string =>
  [`WARNING: ${rule} - ${url}`, message, `${file}:${first}`, line, ...source, line, ''].join('\n')

const line = '-'.repeat(20)
