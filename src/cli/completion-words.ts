// What may follow each command, read from the tree of commands: the words that completion offers.
import type { Command } from 'commander'

/** What may follow a command: its words, its options, and whether a file may stand there. */
export interface CommandWords {
  /** `''` for the program itself, `runs list` for a nested command. */
  readonly path: string
  readonly words: readonly { readonly word: string; readonly does: string }[]
  readonly options: readonly { readonly short: string | undefined; readonly long: string; readonly does: string; readonly takesValue: boolean }[]
}

/** The words of a command and of all below it. */
export function wordsOf(command: Command, path = ''): CommandWords[] {
  const help = command.createHelp()
  const subcommands = help.visibleCommands(command)
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])
  const own: CommandWords = {
    path,
    words: [...subcommands.map((one) => ({ word: one.name(), does: one.summary() || one.description() })), ...choices.map((word) => ({ word, does: '' }))],
    options: help.visibleOptions(command).map((option) => ({ short: option.short, long: option.long ?? option.flags, does: option.description, takesValue: option.required || option.optional })),
  }
  return [own, ...command.commands.flatMap((one) => wordsOf(one, `${path} ${one.name()}`.trim()))]
}
