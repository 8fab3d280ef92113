// `doctor`: each thing the engine needs, whether it is there, and the command that brings it.
import { ComposeCommand, runner } from '../cli/command.ts'
import { probes } from '../cli/host-probes.ts'

class Doctor extends ComposeCommand {
  static override id = 'doctor'
  static override group = 'Engine'
  static override description = 'Check what the engine needs of this machine'
  static override examples = [
    { command: 'doctor', description: 'Check everything' },
    { command: 'doctor || exit 1', description: 'Stop a script where something is missing' },
  ]

  async run(): Promise<number> {
    await this.parse(Doctor)
    let failed = 0
    for (const { name, look } of probes) {
      const result = look()
      if ('found' in result) process.stdout.write(`ok    ${name}: ${result.found}\n`)
      else {
        failed++
        process.stdout.write(`FAIL  ${name}: ${result.problem}\n      ${result.fix}\n`)
      }
    }
    return failed === 0 ? 0 : 1
  }
}

export const run = runner(Doctor)
