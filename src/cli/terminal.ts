// Where a command writes: results on standard output, all else on standard error, each with its own answer to whether it is a
// terminal, how wide it is and whether it takes colours. A reader that went away (`| head`) ends no command.
import { styleText } from 'node:util'

/** The colours and weights in use. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan'

/** A stream as a channel needs it. */
export type OutStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }

const MIN_COLUMNS = 40
const PIPED_COLUMNS = 120

/** One of the two ways out. */
export class Channel {
  /** True when colours are wanted here. */
  colored: boolean
  readonly isTerminal: boolean
  readonly stream: OutStream
  #gone = false

  constructor(stream: OutStream, env: NodeJS.ProcessEnv) {
    this.stream = stream
    this.isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb'
    this.colored = wantsColor(this.isTerminal, env)
    // EPIPE and its like: nobody reads any more. What is still written is dropped, the command goes on to its end.
    stream.on('error', () => (this.#gone = true))
  }

  /** Columns to write in: at least 40 on a terminal, 120 where there is none. */
  get columns(): number {
    return this.isTerminal ? Math.max(MIN_COLUMNS, this.stream.columns || 80) : PIPED_COLUMNS
  }

  get rows(): number {
    return this.stream.rows || 24
  }

  write(text: string): void {
    if (!this.#gone && text !== '') this.stream.write(text)
  }

  line(text = ''): void {
    this.write(`${text}\n`)
  }

  /** The text in a style, where colours are wanted. */
  paint(style: Style, text: string): string {
    return this.colored && text !== '' ? styleText(style, text, { validateStream: false }) : text
  }

  /** Resolves when what was written has left this process. */
  flushed(): Promise<void> {
    if (this.#gone) return Promise.resolve()
    return new Promise((resolve) => {
      this.stream.once('error', () => resolve())
      this.stream.write('', () => resolve())
    })
  }
}

/** The two ways out of a command. */
export interface Terminal {
  readonly out: Channel
  readonly err: Channel
  readonly env: NodeJS.ProcessEnv
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return { out: new Channel(process.stdout, process.env), err: new Channel(process.stderr, process.env), env: process.env }
}

/** FORCE_COLOR wins over NO_COLOR, as in Node; `0` and `false` force them off. */
function wantsColor(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const force = env['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  if ((env['NO_COLOR'] ?? '') !== '' || env['NODE_DISABLE_COLORS'] !== undefined) return false
  return isTerminal
}
