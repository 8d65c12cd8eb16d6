// Processes of a test that use a store and die as the test wants. A child prints one line of JSON per thing it has to tell.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A running child. */
export interface Child {
  readonly process: ChildProcess
  /** The next line that it prints; undefined when it has ended. */
  next(): Promise<Record<string, unknown> | undefined>
  /** Ends it with a signal that it cannot catch, and gives all lines that were not read yet. */
  kill(): Promise<readonly Record<string, unknown>[]>
}

/** Starts `children/<name>.ts` with arguments; it is killed when the running test ends. `under` is a command to run it with. */
export function startChild(name: string, args: readonly string[], under: readonly string[] = []): Child {
  const script = fileURLToPath(new URL(`./children/${name}.ts`, import.meta.url))
  const [command = process.execPath, ...rest] = [...under, process.execPath, '--conditions=wumbo-source', script, ...args]
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit')
  const next = async (): Promise<Record<string, unknown> | undefined> => {
    const { done, value } = await lines.next()
    return done === true ? undefined : JSON.parse(value)
  }
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return {
    process: child,
    next,
    async kill() {
      child.kill('SIGKILL')
      await ended
      const left: Record<string, unknown>[] = []
      for (let line = await next(); line !== undefined; line = await next()) left.push(line)
      return left
    },
  }
}
