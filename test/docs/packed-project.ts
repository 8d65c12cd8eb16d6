// An empty project with the packed package in it, as `npm install wumbo zod` would leave it; dependencies are linked from this
// repository, so nothing is downloaded.
import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Does in a folder what `npm install wumbo zod` does. */
export async function installWumbo(project: string): Promise<void> {
  await execute(process.execPath, ['scripts/bootstrap.mjs', 'build'], { cwd: root })
  const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], { cwd: root, shell: process.platform === 'win32' })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  const home = join(project, 'node_modules', 'wumbo')
  await mkdir(home, { recursive: true })
  await execute('tar', ['-xzf', join(project, filename), '-C', home, '--strip-components=1'])

  const { version, dependencies, bin } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string; dependencies: Record<string, string>; bin: { wumbo: string } }
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const link = join(project, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link, 'junction')
  }
  await chmod(join(home, bin.wumbo), 0o755)
  await mkdir(join(project, 'node_modules', '.bin'))
  await symlink(join('..', 'wumbo', bin.wumbo), join(project, 'node_modules', '.bin', 'wumbo'))
  await writeFile(join(project, 'package.json'), JSON.stringify({ dependencies: { wumbo: `^${version}`, zod: dependencies['zod'] } }))
}
