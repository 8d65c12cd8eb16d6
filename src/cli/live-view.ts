// The live view of a run on a terminal: steps that have ended scroll away above, steps that go on are rewritten in place below,
// a spinner turns. Each frame is one write between the marks of a synchronised update, so nothing flickers.
import type { RunEvent } from '../model/event.ts'
import { formatDuration } from '../shared/duration.ts'
import { visibleLine } from '../shared/visible.ts'
import { runLine, stepLine } from './event-lines.ts'
import type { RunView } from './run-view.ts'
import type { Channel } from './terminal.ts'
import { fitText, textWidth } from './text-width.ts'

const FRAME_MS = 80
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const BEGIN_UPDATE = '\u001b[?2026h'
const END_UPDATE = '\u001b[?2026l'
const CLEAR_BELOW = '\u001b[J'
const CLEAR_LINE = '\u001b[K'

/** Ended steps are listed up to this many, then only counted. */
const MAX_LISTED = 200

interface Going {
  readonly since: number
  note: string
}

/** A view that redraws itself. */
export class LiveView implements RunView {
  readonly #channel: Channel
  readonly #workflow: string
  readonly #began = Date.now()
  readonly #going = new Map<string, Going>()
  readonly #timer: NodeJS.Timeout
  readonly #onExit = (): void => this.#channel.write(SHOW_CURSOR)
  #waiting: string | undefined
  #above = ''
  #drawn = 0
  #ended = 0
  #frame = 0
  #over = false

  constructor(channel: Channel, workflow: string) {
    this.#channel = channel
    this.#workflow = workflow
    channel.write(HIDE_CURSOR)
    process.on('exit', this.#onExit)
    this.#timer = setInterval(() => this.#draw(), FRAME_MS)
    this.#timer.unref()
  }

  event(event: RunEvent): void {
    this.#note(event)
    const ended = event.type === 'step.completed' || event.type === 'step.failed' || event.type === 'step.skipped'
    if (ended && ++this.#ended > MAX_LISTED) return
    const line = event.type === 'run.waiting' || event.type === 'run.paused' || event.type === 'step.started' ? undefined : (runLine(this.#channel, event) ?? stepLine(this.#channel, event, this.#channel.columns - 1))
    if (line !== undefined) this.#above += `${line}\n`
  }

  print(text: string): void {
    if (this.#over) this.#channel.write(text)
    else {
      this.#above += text.endsWith('\n') ? text : `${text}\n`
      this.#draw()
    }
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#timer)
    process.off('exit', this.#onExit)
    if (this.#ended > MAX_LISTED) this.#above += this.#channel.paint('dim', `  and ${this.#ended - MAX_LISTED} more steps`) + '\n'
    this.#channel.write(`${this.#home()}${this.#flushAbove()}${CLEAR_BELOW}${SHOW_CURSOR}`)
    this.#drawn = 0
  }

  #note(event: RunEvent): void {
    switch (event.type) {
      case 'step.started':
        this.#waiting = undefined
        this.#going.set(event.path, { since: event.at, note: event.attempt > 1 ? `attempt ${event.attempt}` : '' })
        return
      case 'step.progress': {
        const going = this.#going.get(event.path)
        if (going !== undefined) going.note = [`${Math.round(event.fraction * 100)} %`, event.message === null ? '' : visibleLine(event.message)].filter(Boolean).join(' ')
        return
      }
      case 'run.waiting':
      case 'run.paused':
        this.#waiting = runLine(this.#channel, event)
        this.#going.clear()
        return
      case 'run.resumed':
      case 'run.compensating':
      case 'run.unpaused':
      case 'run.migrated':
      case 'run.started':
        this.#waiting = undefined
        return
      case 'step.retrying':
      case 'step.completed':
      case 'step.failed':
      case 'step.skipped':
        this.#going.delete(event.path)
        return
      case 'run.ended':
      case 'run.parked':
        return
    }
  }

  #draw(): void {
    if (this.#over) return
    const lines = this.#lines()
    const frame = `${BEGIN_UPDATE}${this.#home()}${this.#flushAbove()}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}${END_UPDATE}`
    this.#drawn = lines.length
    this.#frame++
    this.#channel.write(frame)
  }

  #lines(): string[] {
    const { columns, rows } = this.#channel
    const spinner = SPINNER[this.#frame % SPINNER.length] ?? ''
    const now = Date.now()
    const width = columns - 1 // a full line would wrap on some terminals
    const shown = [...this.#going].slice(0, Math.max(1, Math.min(8, rows - 4)))
    const steps = shown.map(([path, { since, note }]) => {
      const told = `  ${formatDuration(Math.max(0, now - since))}${note === '' ? '' : ` ${note}`}`
      const name = fitText(visibleLine(path), Math.max(10, width - 2 - Math.min(told.length, 14)))
      return `${this.#channel.paint('blue', spinner)} ${name}${this.#channel.paint('dim', fitText(told, width - 2 - textWidth(name)))}`
    })
    const counts = [`${this.#ended} done`, ...(this.#going.size > 0 ? [`${this.#going.size} running`] : []), formatDuration(now - this.#began)]
    const summary = this.#waiting ?? this.#channel.paint('dim', fitText(`${this.#going.size === 0 ? `${spinner} ` : '  '}${visibleLine(this.#workflow)}  ${counts.join(' · ')}`, width))
    return [...steps, summary]
  }

  /** Back to the first line that was drawn. */
  #home(): string {
    return this.#drawn === 0 ? '\r' : `\r\u001b[${this.#drawn}A`
  }

  /** What is to stay, each line cleared to its end. */
  #flushAbove(): string {
    const text = this.#above.replaceAll('\n', `${CLEAR_LINE}\n`)
    this.#above = ''
    return text
  }
}
