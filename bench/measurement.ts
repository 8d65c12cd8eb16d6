// The child's half of a measurement: takes its options, answers with one result, and ends whatever it started, also
// when the bench that asked for it is gone. The parent's half is child.ts.
import { isDeepStrictEqual } from 'node:util'

export interface Started {
  /** Names a process started here, so that the bench can end it should this one be killed. */
  process(pid: number): void
  /** Undone in reverse order at the end of the measurement, whatever way it ends. */
  undo(step: () => Promise<void> | void): void
}

export type Message<Result> =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'failure'; readonly text: string }

/** Runs `body` once with the options that the bench sent. To be called at the top of a file that child.ts starts. */
export async function measure<Options, Result>(body: (options: Options, started: Started) => Promise<Result>): Promise<void> {
  const undone: (() => Promise<void> | void)[] = []
  const tidy = async (): Promise<void> => {
    for (let step = undone.pop(); step !== undefined; step = undone.pop()) await step()
  }
  const abandon = (): void => void tidy().finally(() => process.exit(1))
  process.once('SIGTERM', abandon)
  process.once('disconnect', abandon)
  const options = JSON.parse(process.argv[2] ?? '{}') as Options // written by child.ts, of the type its caller names
  try {
    const result = await body(options, {
      process: (pid) => send({ kind: 'started', pid }),
      undo: (step) => void undone.push(step),
    })
    await tidy()
    send({ kind: 'result', result })
  } catch (error) {
    await tidy()
    send({ kind: 'failure', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.exitCode = 1
  }
  process.off('disconnect', abandon)
  process.disconnect?.()
}

function send(message: Message<unknown>): void {
  if (process.connected) process.send?.(message)
  else if (message.kind !== 'started') console.log(JSON.stringify(message)) // run by hand, without a bench
}

/** Throws unless what was found is what must be there: a benchmark of wrong answers is worth nothing. */
export function check(what: string, found: unknown, expected: unknown): void {
  const plain = found === undefined ? undefined : (JSON.parse(JSON.stringify(found)) as unknown) // rows have no prototype
  if (isDeepStrictEqual(plain, expected)) return
  throw new Error(`check failed: ${what} is ${JSON.stringify(found)} and must be ${JSON.stringify(expected)}`)
}
