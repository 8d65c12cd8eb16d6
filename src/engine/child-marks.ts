// Which children a run has, told by its marks and its mail alone: whoever reads the run knows them, whether or not its code is there.
import { childId } from '../model/child.ts'
import type { ParentClose } from '../model/child.ts'
import type { Mark } from '../model/record.ts'
import type { Mail, NewMail, RunKey } from '../model/run.ts'
import type { LoadedRun } from '../store/port.ts'
import { childPath } from '../workflow/children.ts'

/** An operation that has started children. */
export interface ChildMark {
  readonly path: string
  /** The generation that started them: their ids follow from it. */
  readonly gen: number
  /** Null for a single child. */
  readonly count: number | null
  readonly close: ParentClose
  /** It has been answered; asked for again, it is to be done anew. */
  readonly isAnswered: boolean
  /** Its children were asked to end with a run that was about to end. */
  readonly isClosed: boolean
}

const NONE: ReadonlyMap<string, number> = new Map()
const KINDS = { one: { cancel: 'child', abandon: 'child abandoned' }, many: { cancel: 'children', abandon: 'children abandoned' } } as const

const STARTS: ReadonlyMap<string, Pick<ChildMark, 'close'> & { readonly isMany: boolean }> = new Map([
  [KINDS.one.cancel, { close: 'cancel', isMany: false }], [KINDS.one.abandon, { close: 'abandon', isMany: false }],
  [KINDS.many.cancel, { close: 'cancel', isMany: true }], [KINDS.many.abandon, { close: 'abandon', isMany: true }],
])

/** The mark that says that children are started. */
export function startMark(path: string, { close, count, at }: { readonly close: ParentClose; readonly count: number | null; readonly at: number }): Omit<Mark, 'space' | 'run' | 'gen'> {
  return { path, kind: KINDS[count === null ? 'one' : 'many'][close], attempt: count ?? 1, at, due: null, error: null }
}

/** The mark that says that their parent has given them up. */
export function closeMark(path: string, at: number): Omit<Mark, 'space' | 'run' | 'gen'> {
  return { path, kind: 'child closed', attempt: 1, at, due: null, error: null }
}

/** The children that a run has started, by the path of the operation; of several generations those of the newest. */
export function startedChildren({ marks, journal }: Pick<LoadedRun, 'marks' | 'journal'>): ReadonlyMap<string, ChildMark> {
  const found = new Map<string, ChildMark>()
  const answered = marks.some(({ kind }) => STARTS.has(kind)) ? answers(journal) : NONE
  for (const { path, gen, kind, attempt } of marks) {
    const start = STARTS.get(kind)
    if (start === undefined || (found.get(path)?.gen ?? 0) > gen) continue
    found.set(path, { path, gen, count: start.isMany ? attempt : null, close: start.close, isAnswered: (answered.get(path) ?? 0) >= gen, isClosed: false })
  }
  for (const { path, gen, kind } of marks) {
    const start = kind === 'child closed' ? found.get(path) : undefined
    if (start !== undefined && gen >= start.gen) found.set(path, { ...start, isClosed: true })
  }
  return found
}

/** The generation of the newest answer by path: what an earlier one was told is no answer to the children that were started since. */
function answers(journal: LoadedRun['journal']): ReadonlyMap<string, number> {
  const newest = new Map<string, number>()
  for (const { kind, path, gen } of journal) if (kind !== 'step') newest.set(path, Math.max(gen, newest.get(path) ?? 0))
  return newest
}

/** Those of them that it has not given up. */
export function childMarks(loaded: Pick<LoadedRun, 'marks' | 'journal'>): ReadonlyMap<string, ChildMark> {
  return new Map([...startedChildren(loaded)].filter(([, { isClosed }]) => !isClosed))
}

/** The ids of the children of one operation. */
export function idsOf(run: string, { path, gen, count }: Pick<ChildMark, 'path' | 'gen' | 'count'>): readonly string[] {
  if (count === null) return [childId({ run, gen, path })]
  return Array.from({ length: count }, (_, index) => childId({ run, gen, path: childPath(path, index) }))
}

const PREFIX = 'child:'

/** The id of the mail by which a child tells its end: however often it ends, its parent is told of the first. */
export function endMailId(child: string): string {
  return PREFIX + child
}

/** Which child a mail is from; undefined for mail of another kind. */
export function senderOf({ kind, id }: Pick<Mail, 'kind' | 'id'>): string | undefined {
  return kind === 'child' ? id.slice(PREFIX.length) : undefined
}

/** The request to cancel a child, by its parent. */
export function cancelMail(child: RunKey, parent: { readonly run: string; readonly gen: number }, sentAt: number): NewMail {
  return { space: child.space, run: child.run, id: `parent:${parent.run}:${parent.gen}`, kind: 'cancel', body: null, sentAt }
}
