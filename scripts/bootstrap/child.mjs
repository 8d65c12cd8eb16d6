// Runs programs under the chosen Node: its folder first on PATH, signals handed on, the end handed back.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { readFileSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'

/**
 * @typedef {{ path: string, version: string }} Node       the Node that runs everything
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null }} End
 */

/**
 * The environment of every child: each `node` that it or its children call is the chosen one.
 * @param {Node} node
 * @param {NodeJS.ProcessEnv} [extra]
 */
export function childEnv(node, extra = {}) {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ...extra, NODE: node.path, npm_node_execpath: node.path }
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { ...env, [name]: [dirname(node.path), env[name]].filter(Boolean).join(delimiter) }
}

/**
 * Runs `node ...args` on our terminal until it ends.
 * @param {Node} node
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv | undefined }} options
 * @returns {Promise<End>}
 */
export function run(node, args, { cwd, env }) {
  const child = spawn(node.path, args, { cwd, env: childEnv(node, env), stdio: 'inherit' })
  const signals = forwardSignals(child)
  return new Promise((resolve, reject) => {
    child.once('error', (error) => (signals.stop(), reject(error)))
    child.once('close', (code, signal) => (signals.stop(), resolve({ code, signal })))
  })
}

/** We were asked to stop while something was being set up. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/**
 * Runs `node ...args` and keeps what it prints; a signal to us ends in Interrupted, so that half-made things go.
 * @param {Node} node
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv | undefined }} options
 * @returns {Promise<End & { output: string }>}
 */
export function capture(node, args, { cwd, env }) {
  const child = spawn(node.path, args, { cwd, env: childEnv(node, env), stdio: ['ignore', 'pipe', 'pipe'] })
  const signals = forwardSignals(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (/** @type {string} */ text) => (output += text))
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => (signals.stop(), reject(error)))
    child.once('close', (code, signal) => {
      signals.stop()
      const stoppedBy = signals.received()
      if (stoppedBy !== undefined) reject(new Interrupted(stoppedBy))
      else resolve({ code, signal, output })
    })
  })
}

/**
 * Ends this process as its child ended, so that whoever called us sees the same code or signal.
 * @param {End} end
 */
export function endLike({ code, signal }) {
  if (signal === null) {
    process.exitCode = code ?? 1
    return
  }
  process.exitCode = 128 + (constants.signals[signal] ?? 0)
  if (process.platform !== 'win32') process.kill(process.pid, signal)
}

/**
 * Hands signals on to a child, each at most once. A Ctrl-C reaches every process of the terminal's foreground group
 * by itself, and npm sends a second one to us: there SIGINT is not handed on, or a child that takes a second Ctrl-C
 * for "stop at once" would never stop in order.
 * @param {{ kill(signal: NodeJS.Signals): unknown }} child
 * @param {{ from?: NodeJS.EventEmitter, hearsCtrlC?: () => boolean }} [world]
 */
export function forwardSignals(child, { from = process, hearsCtrlC = childHearsCtrlC } = {}) {
  /** @type {Set<NodeJS.Signals>} */
  const sent = new Set()
  /** @type {NodeJS.Signals | undefined} */
  let received
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    received ??= signal
    if (sent.has(signal) || (signal === 'SIGINT' && hearsCtrlC())) return
    sent.add(signal)
    child.kill(signal)
  }
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) from.on(signal, forward)
  const stop = () => {
    for (const signal of signals) from.off(signal, forward)
  }
  return { stop, received: () => received }
}

/** Whether the terminal sends a Ctrl-C to our child without our doing. */
function childHearsCtrlC() {
  if (process.platform === 'win32') return true
  try {
    return foregroundInTerminal(readFileSync('/proc/self/stat', 'utf8'))
  } catch {
    // No /proc (macOS): a terminal on any stream is the sign.
    return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
  }
}

/**
 * Reads a line of Linux' /proc/<pid>/stat: is the process in the foreground group of its terminal?
 * @param {string} stat
 */
export function foregroundInTerminal(stat) {
  // The second field is the program's name in parentheses and may hold anything.
  const [, , processGroup, , , terminalGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return processGroup !== undefined && processGroup === terminalGroup
}
