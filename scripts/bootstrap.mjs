// The door of this repository: `node scripts/bootstrap.mjs <task> [args…]`, and every npm script is one of its
// tasks. It sees to a Node that is new enough, to the installed packages and, where a task runs the built package,
// to the build; then it runs the task. Plain JavaScript that runs on Node 18, and no part of the published package.
import { fileURLToPath } from 'node:url'
import { dirname } from 'node:path'
import { buildPackage } from './bootstrap/build.mjs'
import { SetupError, say } from './bootstrap/console.mjs'
import { installPackages } from './bootstrap/packages.mjs'
import { chooseNode } from './bootstrap/node.mjs'
import { Interrupted, endLike, run } from './bootstrap/child.mjs'
import { planTask, usage } from './bootstrap/tasks.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** @param {string[]} argv */
async function main(argv) {
  const [name, ...args] = argv
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(usage())
    return
  }
  const task = planTask(root, name, args)
  const node = await chooseNode(root)
  await installPackages(root, node)
  if (task.needsBuild) await buildPackage(root, node)
  if (task.command === undefined) return
  say(`${task.says}, on Node ${node.version}`)
  endLike(await run(node, task.command, { cwd: task.cwd, env: task.env }))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof Interrupted) endLike({ code: null, signal: error.signal })
  else if (error instanceof SetupError) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  } else throw error
}
