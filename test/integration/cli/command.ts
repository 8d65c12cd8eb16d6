// Runs the command line as users do: a real child process in a folder of its own, with a real store. Waiting is for what a process
// says or how it ends, never for time.
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** How Node runs the sources. */
export const ON_SOURCES = ['--conditions=wumbo-source', MAIN]

/** Compiled sources are kept between processes: half of what a start costs here is stripping types. */
const COMPILED = fileURLToPath(new URL('../../../.wumbo-cache/compiled', import.meta.url))

/** The environment of a plain shell: nothing of npm, of a CI or of our own terminal. */
export function plainEnv(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|WUMBO_|VITEST|NODE_OPTIONS$|CI$|NO_COLOR$|FORCE_COLOR$|NODE_ENV$|TERM$)/i.test(name))
  return { ...Object.fromEntries(kept), TERM: 'xterm-256color', NODE_COMPILE_CACHE: COMPILED, ...more }
}

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command that runs. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  out = ''
  err = ''
  readonly #waiting = new Set<() => void>()

  constructor(folder: string, args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string; readonly command?: readonly [string, ...string[]] } = {}) {
    const [program, ...before] = options.command ?? [process.execPath, ...ON_SOURCES]
    this.child = spawn(program, [...before, ...args], { cwd: folder, env: plainEnv(options.env), stdio: 'pipe' })
    this.child.stdin.on('error', () => undefined)
    this.child.stdin.end(options.input ?? '')
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.#heard('out', text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => this.#heard('err', text))
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject)
      this.child.once('close', (code) => {
        resolve({ code, out: this.out, err: this.err })
        for (const look of this.#waiting) look()
      })
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Resolves when the output holds `text`; rejects when the command ends before. */
  says(text: string | RegExp, where: 'out' | 'err' = 'err'): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (typeof text === 'string' ? this[where].includes(text) : text.test(this[where])) resolve()
        else if (this.child.exitCode !== null || this.child.signalCode !== null) reject(new Error(`ended with ${this.child.exitCode ?? this.child.signalCode} before it said ${String(text)}:\n${this.out}\n${this.err}`))
        else return
        this.#waiting.delete(look)
      }
      this.#waiting.add(look)
      look()
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  #heard(where: 'out' | 'err', text: string): void {
    this[where] += text
    for (const look of this.#waiting) look()
  }
}

/** A folder with files, and commands that run in it. What still runs at the end is killed. */
export class Project {
  readonly folder: string
  readonly #running = new Set<Running>()

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(files: Readonly<Record<string, string>> = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'wumbo-cli-')))
    for (const [path, text] of Object.entries(files)) await project.write(path, text)
    return project
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  /** Starts a command. */
  start(args: readonly string[], options?: ConstructorParameters<typeof Running>[2]): Running {
    const running = new Running(this.folder, args, options)
    this.#running.add(running)
    void running.ended.finally(() => this.#running.delete(running))
    return running
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options?: ConstructorParameters<typeof Running>[2]): Promise<Ended> {
    return this.start(args, options).ended
  }

  async remove(): Promise<void> {
    for (const running of this.#running) running.signal('SIGKILL')
    await Promise.all([...this.#running].map(({ ended }) => ended))
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Whether a program is there to be called. */
export function has(program: string): boolean {
  return spawnSync(process.platform === 'win32' ? 'where' : 'which', [program]).status === 0
}

/** Workflows of tests. A gate holds a step until a file of its name is there, or until it is aborted. */
export const WORKFLOWS = `
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { defineTemplate, defineWorkflow } from 'wumbo'
import { z } from 'zod'

const text = z.object({ text: z.string() })
export const say = defineTemplate({
  name: 'say', version: '1.0.0', description: 'Says it.', input: text, output: text,
  execute({ text }) {
    console.log('saying', text)
    return { text }
  },
})
export const gate = defineTemplate({
  name: 'gate', version: '1.0.0', description: 'Waits for a file.', input: z.object({ file: z.string() }), output: z.object({}),
  async execute({ file }, { signal, progress }) {
    console.log('at the gate', file)
    progress(0.5, 'halfway \\u001b[31m')
    while (!existsSync(file)) await pause(10, undefined, { signal })
    return {}
  },
})
export const pay = defineTemplate({
  name: 'pay', version: '1.0.0', description: 'Fails until the bank is there.', input: z.object({}), output: z.object({ paid: z.boolean() }),
  execute() {
    if (!existsSync('bank')) throw new Error('the card was \\u001b[31mdeclined\\u0007')
    return { paid: true }
  },
})
export const echo = defineWorkflow({
  name: 'echo', input: z.object({ text: z.string().default('hello') }),
  run: (ctx, input) => ctx.step('say', say, input),
})
export const gated = defineWorkflow({
  name: 'gated', input: z.object({ file: z.string().default('open') }),
  async run(ctx, { file }) {
    const before = await ctx.step('before', say, { text: 'before' })
    await ctx.step('gate', gate, { file })
    await ctx.step('after', say, { text: 'after' })
    return { ...before, after: true }
  },
})
export const held = defineWorkflow({ name: 'held', input: z.object({}), run: (ctx) => ctx.step('gate', gate, { file: 'open' }) })
export const buy = defineWorkflow({ name: 'buy', input: z.object({}), run: (ctx) => ctx.step('pay', pay, {}) })
export const stray = defineTemplate({
  name: 'stray', version: '1.0.0', description: 'Forgets a promise.', input: z.object({}), output: z.object({}),
  execute: () => new Promise(() => void Promise.reject(new Error('nobody \u0007 awaits me'))),
})
export const careless = defineWorkflow({ name: 'careless', input: z.object({}), run: (ctx) => ctx.step('stray', stray, {}) })
export const nap = defineWorkflow({ name: 'nap', input: z.object({}), run: (ctx) => ctx.sleep('long', '1h') })
export const odd = defineWorkflow({
  name: 'odd', input: z.object({}),
  run: async (ctx) => ({ bell: '\\u0007\\u009b31m\\u202e', at: new Date(0), big: 12n, nothing: undefined, said: (await ctx.step('say', say, { text: '<b>\\u001b[2J' }, { key: '\\u001b]0;title\\u0007<script>' })).text }),
})
`

/** A project with those workflows. */
export const PROJECT: Readonly<Record<string, string>> = { 'wumbo.yaml': 'store: sqlite:.wumbo/wumbo.db\n', 'workflows/all.ts': WORKFLOWS }
