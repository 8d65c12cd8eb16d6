// `wumbo init`: makes a folder a project that runs at once. It overwrites nothing: what is there stays as it is, but for
// a package.json that holds nothing but dependencies, which is completed.
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { FileFailedError } from '../errors.ts'
import { act, describe, withOutputOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { starterFiles, type Starter } from './init-files.ts'
import { lineJson } from './json.ts'

const IGNORED = '.wumbo/'

/** Makes the command. */
export function initCommand(cli: Cli): Command {
  const command = describe({
    name: 'init',
    summary: 'make a project with a working example',
    about: 'Writes wumbo.yaml, examples of a template and of a workflow in TypeScript and in YAML, and what is missing of package.json, tsconfig.json and .gitignore. Files that are there stay as they are; a package.json with nothing but dependencies is completed.',
    examples: [['wumbo init', 'in this folder'], ['wumbo init shop', 'in the folder shop, which is made'], ['wumbo init --json', 'what was written, for programs']],
  }).argument('[dir]', 'the folder', '.')
  return act(cli, withOutputOptions(command), async (dir: string, options: Pick<CommonOptions, 'json' | 'color'>) => {
    const folder = resolve(dir)
    const { created, kept } = await write(folder).catch((cause: unknown) => {
      throw cause instanceof Error && 'code' in cause ? new FileFailedError(`${folder} cannot be made a project: ${cause.message}`, { cause, path: folder, remedy: 'Check that the folder may be written.' }) : cause
    })
    const { out } = cli.terminal
    if (options.json === true) out.line(lineJson({ folder, created, kept }))
    else {
      for (const path of created) out.line(`${out.paint('green', 'wrote')}  ${path}`)
      for (const path of kept) out.line(`${out.paint('dim', 'kept')}   ${path}`)
      for (const line of nextSteps(folder, dir)) out.line(line)
    }
    return EXIT.ok
  })
}

async function write(folder: string): Promise<{ created: string[]; kept: string[] }> {
  await mkdir(folder, { recursive: true })
  const manifest = await readManifest(folder)
  const isProject = existsSync(join(folder, 'wumbo.yaml'))
  const created: string[] = []
  const kept: string[] = []
  for (const [path, text] of starterFiles(starterOf(folder, manifest))) {
    // A project that is one already gets no example.
    if (isProject && /^(templates|workflows|tsconfig)/.test(path)) continue
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    const bare = path === 'package.json' && manifest !== undefined && isBare(manifest) ? manifest : undefined
    const written = await writeFile(file, bare === undefined ? text : complete(text, bare), { flag: bare === undefined ? 'wx' : 'w' }).then(() => true, (thrown: unknown) => {
      if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw thrown
    })
    ;(written ? created : kept).push(path)
  }
  const ignore = join(folder, '.gitignore')
  const before = await readFile(ignore, 'utf8').catch(() => '')
  if (/^\/?\.wumbo\/?$/m.test(before)) kept.push('.gitignore')
  else {
    await writeFile(ignore, before === '' ? `node_modules/\n${IGNORED}\n` : `${before}${before.endsWith('\n') ? '' : '\n'}${IGNORED}\n`)
    created.push('.gitignore')
  }
  return { created, kept }
}

function starterOf(folder: string, manifest: Manifest | undefined): Starter {
  const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string; dependencies: { zod: string } }
  const name = basename(folder).toLowerCase().replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '')
  return { name: name === '' ? 'workflows' : name, extension: manifest === undefined || isBare(manifest) || manifest.type === 'module' ? '.ts' : '.mts', wumbo: own.version, zod: `^${own.dependencies.zod}` }
}

interface Manifest {
  readonly type?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** A package.json as `npm install` leaves it in an empty folder: nothing but dependencies. Without a `type`, editors take .ts files for CommonJS. */
function isBare(manifest: Manifest): boolean {
  return Object.keys(manifest).every((key) => key === 'dependencies' || key === 'devDependencies')
}

/** The starter's package.json with the dependencies that are there. */
function complete(starter: string, { dependencies, devDependencies }: Manifest): string {
  const made = JSON.parse(starter) as Required<Manifest>
  return `${JSON.stringify({ ...made, dependencies: { ...made.dependencies, ...dependencies }, devDependencies: { ...made.devDependencies, ...devDependencies } }, null, 2)}\n`
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

function nextSteps(folder: string, dir: string): string[] {
  const packages = ['wumbo', 'zod', '@types/node'].filter((name) => !existsSync(join(folder, 'node_modules', name)))
  const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
  const unnamed = packages.filter((name) => !manifest.includes(`"${name}"`))
  const steps: (readonly [line: string, does: string])[] = [
    ...(resolve('.') === folder ? [] : [[`cd ${relative('.', folder) || dir}`, ''] as const]),
    ...(packages.length === 0 ? [] : [[['npm install', ...unnamed].join(' '), 'types for your editor'] as const]),
    ['npx wumbo run hello', 'run an example; Ctrl-C, then npx wumbo runs list'],
    ['npx wumbo dev', 'work on runs and show them on a page'],
  ]
  const width = Math.max(...steps.map(([line]) => line.length))
  return ['', 'Next:', ...steps.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`.trimEnd())]
}
