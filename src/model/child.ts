// What ties a run to the run that started it. It is written with the child itself, in the place of the caller's own id, so that no child is ever
// without it; and the child's id follows from it, so that starting a child twice is starting it once.
import { sha256 } from '../shared/sha256.ts'

/** What becomes of a child when its parent ends before it. */
export type ParentClose = 'cancel' | 'abandon'

/** Who started a run, and where. */
export interface ParentLink {
  readonly run: string
  /** The generation of the parent that started it. */
  readonly gen: number
  /** The operation of the parent. */
  readonly path: string
  readonly close: ParentClose
}

const PREFIX = '$child '

/** The link as text; no caller's id begins so. The stores read parent and generation out of it: see `prune` in store/port.ts. */
export function parentKey({ run, gen, path, close }: ParentLink): string {
  return `${PREFIX}${run} ${gen} ${close} ${path}`
}

/** True for an id that a caller may not use. */
export function isParentKey(key: string): boolean {
  return key.startsWith(PREFIX)
}

/** Reads who started a run; null when no run did. */
export function parentOf({ key }: { readonly key: string | null }): ParentLink | null {
  if (key === null || !isParentKey(key)) return null
  const [run = '', gen = '', close = '', ...path] = key.slice(PREFIX.length).split(' ')
  return { run, gen: Number(gen), close: close === 'abandon' ? 'abandon' : 'cancel', path: path.join(' ') }
}

/** The id of a child: the time of its parent, and a hash of who starts it where. */
export function childId({ run, gen, path }: Pick<ParentLink, 'run' | 'gen' | 'path'>): string {
  const hash = sha256(`${run} ${gen} ${path}`)
  const variant = (8 | (Number.parseInt(hash.charAt(3), 16) & 3)).toString(16)
  return `${run.slice(0, 14)}7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`
}
