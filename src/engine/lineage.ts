// Where a fork comes from. It is written with the run itself, in the place of the caller's own id, so that no fork is ever without it; the
// records that it takes over from the other run come after, and are completed by whoever enters it when a death came in between.
import { isMailRead } from '../model/record.ts'
import type { JournalRecord } from '../model/record.ts'

/** What a fork was made of. */
export interface Lineage {
  /** The run it was forked from, and the generation of it. */
  readonly run: string
  readonly gen: number
  /** The step at which it goes its own way. */
  readonly at: string
  /** It has the records of the other run with a lower number. */
  readonly baseSeq: number
  /** The input was changed: what the earlier steps were given is not compared. */
  readonly hasOwnInput: boolean
}

const PREFIX = '$fork '

/** The lineage as text; no caller's id begins so. */
export function lineageKey({ run, gen, at, baseSeq, hasOwnInput }: Lineage): string {
  return `${PREFIX}${run} ${gen} ${baseSeq} ${hasOwnInput ? 'changed' : 'same'} ${at}`
}

/** True for an id that a caller may not use. */
export function isLineageKey(key: string): boolean {
  return key.startsWith(PREFIX)
}

/** Reads the lineage of a run; null when it is no fork. */
export function lineageOf({ key }: { readonly key: string | null }): Lineage | null {
  if (key === null || !isLineageKey(key)) return null
  const [run = '', gen = '', baseSeq = '', input = '', ...at] = key.slice(PREFIX.length).split(' ')
  return { run, gen: Number(gen), baseSeq: Number(baseSeq), hasOwnInput: input === 'changed', at: at.join(' ') }
}

/** What a fork has taken of mail it has taken of another's: its own is numbered from 1 again. */
function withoutMail(reads: JournalRecord['reads']): JournalRecord['reads'] {
  return reads?.filter((read) => !isMailRead(read)) ?? null
}

/** The records that a fork takes over, as rows of its own. Payloads are references: what is in a blob stays there. */
export function inherited(lineage: Lineage, effective: readonly JournalRecord[], fork: { readonly space: number; readonly run: string }): JournalRecord[] {
  return effective
    .filter(({ seq }) => seq < lineage.baseSeq)
    .map((record) => ({ ...record, space: fork.space, run: fork.run, gen: 1, reads: withoutMail(record.reads), ...(lineage.hasOwnInput ? { inputHash: null } : {}) }))
}
