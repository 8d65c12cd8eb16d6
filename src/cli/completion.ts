// `wumbo completion`: a script for a shell that completes commands, options and their fixed values. The scripts are made from the
// tree of commands, so they never lag behind it.
import { Argument, type Command } from 'commander'
import { act, describe, type Cli } from './command.ts'
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts'
import { wordsOf } from './completion-words.ts'
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
