// K10, held against the journal of one run and the log of what its bodies did: what was done is undone once, the last first; nothing is that
// was never begun; and a step in doubt is settled, under its own key, before anything is undone. Steps that can be undone are known by
// the name of their template, which begins with `undoable`.
import type { RunDetails } from '../engine/inspect.ts'
import { DECISION, settledAt, undoneBy } from '../engine/undo-paths.ts'
import { isInDoubt } from '../engine/doubt.ts'
import type { Effect } from './effect.ts'

/** Gives each broken promise in words. */
export function judgeUndoing(key: string, run: RunDetails, effects: readonly Effect[]): string[] {
  const broken: string[] = []
  const say = (what: string): void => void broken.push(`K10 ${key}: ${what}`)
  const mine = effects.filter((effect) => effect.run === run.id)
  const undone = run.steps.flatMap(({ path, status }) => (status === 'completed' ? (undoneBy(path) ?? []) : []))
  const done = run.steps.filter(({ template, status, path }) => status === 'completed' && template?.startsWith('undoable') === true && undoneBy(path) === null)
  const mustUndo = done.map(({ path }) => settledAt(path) ?? path).reverse()
  const isEnded = run.status === 'failed' || run.status === 'cancelled'
  if (run.status === 'completed' && undone.length > 0) say(`it has completed, and ${undone.join(', ')} was undone`)
  if (isEnded && run.error?.code !== 'COMPENSATION_FAILED' && undone.join() !== mustUndo.join()) say(`it did ${mustUndo.join(', ')} (the last first) and undid ${undone.join(', ')}`)
  const order: string[] = []
  for (const [index, { path, key: used }] of mine.entries()) {
    const [undoes, settles] = [undoneBy(path), settledAt(path)]
    if (undoes !== null) {
      // That it begins is noted before its body does: a death between the two leaves a step in doubt, which settling then begins.
      if (!mine.slice(0, index).some((one) => (settledAt(one.path) ?? one.path) === undoes)) say(`${undoes} was undone and had not begun`)
      if (!order.includes(undoes)) order.push(undoes)
    } else if (order.length > 0) {
      say(`${path} was at work after the first step was undone`)
    }
    const first = settles === null ? undefined : mine.find((one) => one.path === settles)
    if (first !== undefined && first.key !== used) say(`${settles} was settled under another key than it began with`)
  }
  for (const path of new Set(mine.flatMap((effect) => (effect.isUndoable === true ? (settledAt(effect.path) ?? effect.path) : [])))) {
    const record = run.steps.find((step) => step.path === path)
    const isKnown = record !== undefined && (record.status === 'completed' || !isInDoubt(record.error))
    if (isEnded && !isKnown && !run.steps.some((step) => settledAt(step.path) === path)) say(`${path} was begun, and nobody found out what became of it`)
  }
  if (isEnded && order.join() !== undone.join()) say(`bodies undid ${order.join(', ')}, recorded is ${undone.join(', ')}`)
  if (undone.length > 0 && !run.steps.some(({ path }) => path === DECISION)) say('it was undone without a decision')
  return broken
}
