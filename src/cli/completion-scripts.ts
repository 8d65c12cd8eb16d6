// Completion scripts for bash, zsh and fish, made of the words of each command. Only text; nothing here runs.
import type { CommandWords } from './completion-words.ts'

/** The shells there are scripts for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The script of a shell. */
export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands)
    case 'zsh':
      return zsh(commands)
    case 'fish':
      return fish(commands)
  }
}

/** Finds the command that the words before the cursor name, then offers what may follow it; files where nothing else fits. */
function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ path, words, options }) => `    ${quoted(path)}) words=${quoted([...words.map(({ word }) => word), ...options.map(({ long }) => long)].join(' '))} ;;`)
  return `# bash completion for wumbo: source <(wumbo completion bash)
_wumbo() {
  local current=\${COMP_WORDS[COMP_CWORD]} path= words= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${nested(commands)}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -o bashdefault -F _wumbo wumbo
`
}

function zsh(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ path, words, options }) => {
    const offers = [...words.map(({ word, does }) => [word, does] as const), ...options.map(({ long, does }) => [long, does] as const)]
    return `    ${quoted(path)})\n      offers=(${offers.map(([word, does]) => quoted(does === '' ? word : `${word.replaceAll(':', '\\:')}:${does}`)).join(' ')})\n      ;;`
  })
  return `#compdef wumbo
# zsh completion for wumbo: wumbo completion zsh > ~/.zfunc/_wumbo
_wumbo() {
  local path_= word
  local -a offers
  for word in "\${words[@]:1:$((CURRENT - 2))}"; do
    case "\${path_:+$path_ }$word" in
      ${nested(commands)}) path_="\${path_:+$path_ }$word" ;;
    esac
  done
  case "$path_" in
${cases.join('\n')}
  esac
  _describe -t commands wumbo offers || _files
}
if [ "$funcstack[1]" = _wumbo ]; then _wumbo "$@"; else compdef _wumbo wumbo; fi
`
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ path, words, options }) => {
    const names = path.split(' ').filter(Boolean)
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`)
    const next = words.map(({ word }) => word)
    const here = [...(names.length === 0 ? ['__fish_use_subcommand'] : seen), ...(names.length > 0 && next.length > 0 ? [`not __fish_seen_subcommand_from ${next.join(' ')}`] : [])].join('; and ')
    return [
      ...words.map(({ word, does }) => `complete -c wumbo -f -n ${quoted(here)} -a ${quoted(word)}${does === '' ? '' : ` -d ${quoted(does)}`}`),
      ...options.map(({ short, long, does, takesValue }) => `complete -c wumbo -n ${quoted(names.length === 0 ? '__fish_use_subcommand' : seen.join('; and '))}${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.replace(/^--/, '')}${takesValue ? ' -r' : ''} -d ${quoted(does)}`),
    ]
  })
  return `# fish completion for wumbo: wumbo completion fish > ~/.config/fish/completions/wumbo.fish\n${lines.join('\n')}\n`
}

/** Every command below the program, as the pattern of a case. */
function nested(commands: readonly CommandWords[]): string {
  return commands.filter(({ path }) => path !== '').map(({ path }) => quoted(path)).join(' | ')
}

/** In single quotes, for all three shells. */
function quoted(text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`
}
