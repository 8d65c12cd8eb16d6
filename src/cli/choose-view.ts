// Chooses how a run is shown, on standard error: rewritten in place on a terminal, one line per event elsewhere, not at all when it
// is to be quiet.
import { LiveView } from './live-view.ts'
import { PlainView, QuietView } from './plain-view.ts'
import type { RunView } from './run-view.ts'
import type { Terminal } from './terminal.ts'

/** The view that suits the terminal. */
export function runView(terminal: Terminal, options: { readonly quiet: boolean; readonly workflow: string }): RunView {
  if (options.quiet) return new QuietView(terminal.err)
  const live = terminal.err.isTerminal && (terminal.env['CI'] ?? '') === ''
  return live ? new LiveView(terminal.err, options.workflow) : new PlainView(terminal.err)
}
