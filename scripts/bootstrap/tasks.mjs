// The tasks, as data: what each runs, on the sources or on the built package, and what it says meanwhile.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupError } from './console.mjs'

/**
 * @typedef {object} Task
 * @property {string} says what the terminal shows while it runs
 * @property {string} help
 * @property {boolean} [needsBuild] runs on dist/, as a user of the package does
 * @property {(args: string[]) => string[]} [command] arguments for Node; none: the build is all there is to do
 * @property {(args: string[]) => NodeJS.ProcessEnv} [env]
 * @property {boolean} [here] runs in the caller's folder instead of the repository's
 */

/** Node 22 calls SQLite and type stripping experimental, Node 24 does not. */
const quiet = '--disable-warning=ExperimentalWarning'
const onSources = [quiet, '--conditions=wumbo-source']

/** The checker's notes of the last time: it looks again only at what has changed. */
const remembered = ['--incremental', '--tsBuildInfoFile', '.wumbo-cache/types.tsbuildinfo']

/** @param {string} name @param {string} program */
const tool = (name, program) => join('node_modules', name, program)

const testRunner = [tool('vitest', 'vitest.mjs'), 'run']

/**
 * The value of `--name=value` or `--name value`, and the arguments without it.
 * @param {string[]} args @param {string} name @returns {{ value: string | undefined, rest: string[] }}
 */
function take(args, name) {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`))
  if (at < 0) return { value: undefined, rest: args }
  const isApart = args[at] === name
  return { value: isApart ? args[at + 1] : args[at]?.slice(name.length + 1), rest: args.toSpliced(at, isApart ? 2 : 1) }
}

/** @type {Record<string, Task | undefined>} */
export const tasks = {
  start: {
    says: 'running the main example',
    help: 'build, run the main example, keep serving until Ctrl-C; --once ends after the run',
    needsBuild: true,
    command: (args) => [quiet, 'examples/06-earthquakes/main.ts', ...args],
  },
  test: {
    says: 'running the tests',
    help: 'every test but the slow ones; names or paths choose some',
    command: (args) => [...testRunner, ...args],
  },
  'test:slow': {
    says: 'running the slow tests',
    help: 'test/slow/: crash, load and simulation at full length; --tenth at a tenth of it',
    command: (args) => [...testRunner, ...args.filter((arg) => arg !== '--tenth')],
    env: (args) => ({ WUMBO_TESTS: 'slow', ...(args.includes('--tenth') ? { WUMBO_SCALE: '0.1' } : {}) }),
  },
  lint: {
    says: 'checking the rules of the code',
    help: 'eslint over everything',
    command: (args) => [tool('eslint', 'bin/eslint.js'), '--max-warnings=0', ...(args.length > 0 ? args : ['.'])],
  },
  types: {
    says: 'checking the types',
    help: 'tsc over sources, tests, examples and scripts',
    command: (args) => [tool('typescript', 'bin/tsc'), '-p', 'tsconfig.json', ...remembered, ...args],
  },
  build: { says: 'building', help: 'src/ to dist/', needsBuild: true },
  bench: {
    says: 'measuring',
    help: 'the benchmarks, on the built package',
    needsBuild: true,
    command: (args) => [quiet, 'bench/run.ts', ...args],
  },
  simulate: {
    says: 'simulating',
    help: 'the engine under a seeded scheduler with injected faults; --seeds N for more or fewer seeds, --seed S for one again',
    command: (args) => [...testRunner, 'test/simulation/', ...take(take(args, '--seeds').rest, '--seed').rest],
    env: (args) => {
      const [seeds, seed] = [take(args, '--seeds').value, take(args, '--seed').value]
      return { ...(seeds === undefined ? {} : { WUMBO_SEEDS: seeds }), ...(seed === undefined ? {} : { WUMBO_SEED: seed }) }
    },
  },
  run: {
    says: 'running',
    help: 'FILE [args…]: a script on the sources, in the folder where you stand',
    command: (args) => [...onSources, ...args],
    here: true,
  },
}

/**
 * @param {string} root
 * @param {string} name
 * @param {string[]} args
 */
export function planTask(root, name, args) {
  const task = tasks[name]
  if (task === undefined) {
    throw new SetupError({
      what: `there is no task "${name}"`,
      where: 'scripts/bootstrap/tasks.mjs',
      remedy: `one of: ${Object.keys(tasks).join(', ')}`,
    })
  }
  const command = task.command?.(args)
  const cwd = task.here ? process.cwd() : root
  if (command) requireFile({ name, cwd, file: command.find((arg) => !arg.startsWith('--')) })
  return { says: task.says, needsBuild: task.needsBuild === true, command, cwd, env: task.env?.(args) }
}

/**
 * Says now, before anything is installed, that there is nothing to run.
 * @param {{ name: string, cwd: string, file: string | undefined }} task
 */
function requireFile({ name, cwd, file }) {
  if (file === undefined) {
    throw new SetupError({
      what: `the task "${name}" was given no file`,
      where: 'the command line',
      remedy: 'name a script: node scripts/bootstrap.mjs run FILE',
    })
  }
  // Programs in node_modules/ may be about to be installed.
  if (file.startsWith('node_modules') || existsSync(resolve(cwd, file))) return
  throw new SetupError({
    what: `the task "${name}" has no file to run`,
    where: resolve(cwd, file),
    remedy: 'check the name; a full clone of the repository has the files of its own tasks',
  })
}

export function usage() {
  const lines = Object.entries(tasks).map(([name, task]) => `  ${name.padEnd(10)} ${task?.help}`)
  return `node scripts/bootstrap.mjs <task> [args…]\n\n${lines.join('\n')}\n`
}
