// Shows how a run goes while a command waits for it, on standard error: lines that are rewritten in place on a terminal, one line
// per event elsewhere, nothing when it is to be quiet.
import type { RunEvent } from '../model/event.ts'
import { runLine, stepLine } from './event-lines.ts'
import { LiveView } from './live-view.ts'
import type { Channel, Terminal } from './terminal.ts'

/** Shows one run. */
export interface RunView {
  event(event: RunEvent): void
  /** A finished line of its own: what a command says, what a module logs. It ends with a line feed. */
  print(text: string): void
  /** Leaves the terminal as it was; further calls print plainly. */
  end(): void
}

/** The view that suits the terminal. */
export function runView(terminal: Terminal, options: { readonly quiet: boolean; readonly workflow: string }): RunView {
  if (options.quiet) return new QuietView(terminal.err)
  const live = terminal.err.isTerminal && (terminal.env['CI'] ?? '') === ''
  return live ? new LiveView(terminal.err, options.workflow) : new PlainView(terminal.err)
}

class QuietView implements RunView {
  protected readonly channel: Channel

  constructor(channel: Channel) {
    this.channel = channel
  }

  event(_event: RunEvent): void {}

  print(text: string): void {
    this.channel.write(text)
  }

  end(): void {}
}

class PlainView extends QuietView {
  override event(event: RunEvent): void {
    const line = runLine(this.channel, event) ?? stepLine(this.channel, event, Number.POSITIVE_INFINITY)
    if (line !== undefined) this.channel.line(line)
  }
}
