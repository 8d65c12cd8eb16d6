// `wumbo completion`: a script for a shell that completes commands, options and their fixed values. The scripts are made from the
// tree of commands, so they never lag behind it.
import { Argument, type Command } from 'commander'
import { act, describe, type Cli } from './command.ts'
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts'
import { EXIT } from './exit-codes.ts'

/** Makes the command; `program` gives the tree whose words are completed. */
export function completionCommand(cli: Cli, program: () => Command): Command {
  const command = describe({
    name: 'completion',
    summary: 'print a completion script for a shell',
    examples: [
      ['source <(wumbo completion bash)', 'bash, for this session; add the line to ~/.bashrc'],
      ['wumbo completion zsh > ~/.zfunc/_wumbo', 'zsh, with ~/.zfunc in fpath'],
      ['wumbo completion fish > ~/.config/fish/completions/wumbo.fish', 'fish'],
    ],
  }).addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
  return act(cli, command, async (shell: Shell) => {
    cli.terminal.out.write(completionScript(shell, wordsOf(program())))
    return EXIT.ok
  })
}

/** What may follow a command: its words, its options, and whether a file may stand there. */
export interface CommandWords {
  /** `''` for the program itself, `runs list` for a nested command. */
  readonly path: string
  readonly words: readonly { readonly word: string; readonly does: string }[]
  readonly options: readonly { readonly short: string | undefined; readonly long: string; readonly does: string; readonly takesValue: boolean }[]
}

function wordsOf(command: Command, path = ''): CommandWords[] {
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
