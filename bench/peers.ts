// Installs the rivals on demand. They have a package.json and a lock of their own in peers/, outside the project's, as
// they are large and under other licences; install scripts stay off (one of them reports home).
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = new URL('./peers/', import.meta.url)

/** Gives the versions that are installed, after installing what is missing or not as the lock says. */
export async function installPeers(progress: (line: string) => void): Promise<Record<string, string>> {
  const { dependencies } = readJson<{ dependencies: Record<string, string> }>('package.json')
  const wanted = Object.entries(dependencies)
  if (!wanted.every(([name, version]) => installed(name) === version)) {
    progress('installing the peers into bench/peers/ (about 260 MB, once)')
    await npmCi()
  }
  for (const [name, version] of wanted) {
    if (installed(name) !== version) throw new Error(`${name}@${version} should be installed in bench/peers/, found ${installed(name)}`)
  }
  return dependencies
}

function installed(name: string): string | undefined {
  try {
    return readJson<{ version: string }>(`node_modules/${name}/package.json`).version
  } catch {
    return undefined
  }
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8')) as T
}

async function npmCi(): Promise<void> {
  const npm = process.env['npm_execpath']
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  const folder = fileURLToPath(FOLDER)
  // An `npm run` around the bench hands its own project down in variables; this install is about another folder.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local_prefix)|^INIT_CWD$/.test(name)))
  const words = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const child = spawn(command, [...first, ...words], { cwd: folder, env: { ...env, DO_NOT_TRACK: '1', SCARF_ANALYTICS: 'false' }, stdio: ['ignore', 2, 2] })
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`npm ci in bench/peers/ ended with ${code}`)
}
