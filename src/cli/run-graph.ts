// The steps of a run as an indented tree with their states: of a graph by its definition, with the steps that are not reached yet; of a function by the
// paths of what it has done. What was done many times, in a loop or for each item, is one line with counts. It only draws.
import type { RunDetails } from '../engine/inspect.ts'
import { isEnd } from '../model/run.ts'
import { defaultCaseName, type BodyModel, type StepModel, type WorkflowModel } from '../model/workflow.ts'
import { visibleLine } from '../shared/visible.ts'
import { STATUS_STYLES } from './event-lines.ts'
import type { Channel } from './terminal.ts'
import { fitText } from './text-width.ts'

type State = 'completed' | 'failed' | 'skipped' | 'open' | 'waiting' | 'ahead'

interface Node {
  readonly name: string
  readonly children: Map<string, Node>
  /** What the operation itself came to; null for a scope. */
  own: State | null
  /** What it waits for when it waits: `signal paid`. */
  awaited: string | null
  /** What its turns or items came to. */
  readonly turns: Map<State, number>
}

const MARKS: Readonly<Record<State, string>> = { completed: '✓', failed: '✗', skipped: '–', open: '●', waiting: '●', ahead: '○' }
const STYLES: typeof STATUS_STYLES = { ...STATUS_STYLES, open: 'blue', ahead: 'dim' }
/** Lines of a tree at most. */
const MAX_LINES = 200
/** Turns and repeated names: `orders[17]`, `poll#3`. */
const FOLDED = /\[[^\]]*\]|#\d+/g

/** The definitions of what is run inline, by their references. */
type Inlined = NonNullable<WorkflowModel['workflows']>

/** The tree of a run. None for a run of a function that has done nothing yet. */
export function graphLines(channel: Channel, run: RunDetails): string[] {
  const root = emptyNode('')
  if (run.definition !== null) addSteps(root, run.definition.steps, run.definition.workflows ?? {})
  for (const step of run.steps) if (step.kind !== 'value' && step.kind !== 'request') note(root, step.path, step.status)
  if (!isEnd(run.status)) for (const { path, kind } of run.pending) note(root, path, kind === 'started' ? 'open' : 'waiting')
  const lines = [...drawn(channel, root, '')]
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES), channel.paint('dim', `… ${(lines.length - MAX_LINES).toLocaleString('en-US')} more`)]
}

function emptyNode(name: string): Node {
  return { name, children: new Map(), own: null, awaited: null, turns: new Map() }
}

function addSteps(parent: Node, steps: Readonly<Record<string, StepModel>>, inlined: Inlined): void {
  for (const [name, step] of Object.entries(steps)) addBody(child(parent, name), step, inlined)
}

function addBody(node: Node, body: BodyModel, inlined: Inlined): void {
  node.own = 'ahead'
  node.awaited = body.signal !== undefined ? `signal ${body.signal.name}` : body.event !== undefined ? `event ${body.event.topic}` : body.approval !== undefined ? 'a decision' : null
  if (body.steps !== undefined) addSteps(node, body.steps, inlined)
  const inline = inlined[body.inline?.workflow ?? '']
  if (inline !== undefined) addSteps(node, inline.steps, inlined)
  for (const [index, one] of (body.switch ?? []).entries()) addBody(child(node, one.name ?? defaultCaseName(one, index)), one, inlined)
}

function child(parent: Node, name: string): Node {
  const known = parent.children.get(name)
  if (known !== undefined) return known
  const made = emptyNode(name)
  parent.children.set(name, made)
  return made
}

function note(root: Node, path: string, state: State): void {
  // What the engine adds by itself is no step.
  if (/(^|\.)[$_]/.test(path)) return
  const node = path.replaceAll(FOLDED, '').split('.').reduce(child, root)
  if (FOLDED.test(path)) node.turns.set(state, (node.turns.get(state) ?? 0) + 1)
  else node.own = state
  FOLDED.lastIndex = 0
}

function* drawn(channel: Channel, parent: Node, indent: string): Generator<string> {
  const nodes = [...parent.children.values()]
  for (const [index, node] of nodes.entries()) {
    const isLast = index === nodes.length - 1
    const state = stateOf(node)
    const counts = countsOf(node)
    const name = `${visibleLine(node.name)}${state === 'waiting' && node.awaited !== null ? `  waits for ${visibleLine(node.awaited)}` : ''}${counts === '' ? '' : `  ${counts}`}`
    const head = `${indent}${isLast ? '└─' : '├─'} `
    yield `${channel.paint('dim', head)}${channel.paint(STYLES[state] ?? 'dim', MARKS[state])} ${channel.isTerminal ? fitText(name, channel.columns - head.length - 2) : name}`
    yield* drawn(channel, node, `${indent}${isLast ? '   ' : '│  '}`)
  }
}

/** The state of a step; of a scope, what stands worst in it. */
function stateOf(node: Node): State {
  const inside = [...node.turns.keys(), ...[...node.children.values()].map(stateOf)]
  if (node.own !== null && node.own !== 'ahead') return node.own
  for (const worst of ['open', 'waiting', 'failed'] as const) if (inside.includes(worst)) return worst
  if (inside.length === 0 || inside.every((state) => state === 'ahead')) return 'ahead'
  // Of a block of which something is done and something ahead the end is not known yet.
  return inside.includes('ahead') ? 'open' : inside.includes('completed') ? 'completed' : 'skipped'
}

function countsOf({ turns }: Node): string {
  return [...turns].map(([state, count]) => `${MARKS[state]} ${count.toLocaleString('en-US')}`).join('  ')
}
