// Views that write lines and never take one back: one line per event where there is no terminal, none where it is to be quiet.
import type { RunEvent } from '../model/event.ts'
import { runLine, stepLine } from './event-lines.ts'
import type { RunView } from './run-view.ts'
import type { Channel } from './terminal.ts'

/** Shows only what is printed. */
export class QuietView implements RunView {
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

/** Shows each event as a line. */
export class PlainView extends QuietView {
  override event(event: RunEvent): void {
    const line = runLine(this.channel, event) ?? stepLine(this.channel, event, Number.POSITIVE_INFINITY)
    if (line !== undefined) this.channel.line(line)
  }
}
