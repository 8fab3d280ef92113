// A word that only stands before other commands: `bridge`, `alpha`. Alone it lists them.
import { ComposeError } from '../shared/errors.ts'
import { nearest } from '../shared/nearest.ts'
import { ComposeCommand } from './command.ts'
import { commandHelp } from './help.ts'
import { below, entryOf, readManifest } from './manifest.ts'

export abstract class CommandGroup extends ComposeCommand {
  static override usage = 'COMMAND'
  static override isGroup = true

  async run(): Promise<number> {
    const manifest = readManifest()
    const entry = entryOf(this.ctor as typeof CommandGroup) // every command's class is one
    const [word] = this.words
    if (word === undefined) {
      process.stdout.write(commandHelp(entry, below(entry.id, manifest)))
      return 0
    }
    const names = below(entry.id, manifest).map(({ id }) => id.slice(entry.id.length + 1))
    const meant = nearest(word, names)
    // The sentence is the peer's, program and all.
    throw new ComposeError('invalid_argument', `unknown docker command: "compose ${entry.id} ${word}"`, {
      hint: meant === undefined ? undefined : `Did you mean ${entry.id} ${meant}?`,
    })
  }
}
