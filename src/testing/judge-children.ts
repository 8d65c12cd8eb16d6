// Holds the children in a store against what is promised: each was started once, by a parent that is there; a parent is told once of each end; and no child that was
// to end with its parent goes on after it.
import { parentOf } from '../model/child.ts'
import { isEnd } from '../model/run.ts'
import type { RunRow } from '../model/run.ts'
import type { Store } from '../store/port.ts'

/** Each broken promise in words. */
export async function judgeChildren(store: Store, runs: readonly RunRow[]): Promise<string[]> {
  const broken: string[] = []
  const byId = new Map(runs.map((run) => [run.run, run]))
  const places = new Set<string>()
  for (const run of runs) {
    const link = parentOf(run)
    if (link === null) continue
    const place = `${link.run} ${link.gen} ${link.path}`
    if (places.has(place)) broken.push(`K2 ${place}: the child was started twice`)
    places.add(place)
    const parent = byId.get(link.run)
    if (parent === undefined) {
      broken.push(`K1 ${run.run}: its parent ${link.run} is not in the store`)
      continue
    }
    const told = (await store.mail(parent, 0)).filter(({ kind, id }) => kind === 'child' && id.endsWith(run.run))
    if (told.length > 1) broken.push(`K9 ${place}: its parent was told ${told.length} times`)
    if (isEnd(run.status) && !isEnd(parent.status) && told.length === 0 && parent.gen === link.gen) broken.push(`K9 ${place}: it has ended, and its parent was not told`)
    if (!isEnd(run.status) && isEnd(parent.status) && link.close === 'cancel' && run.status !== 'parked') broken.push(`K5 ${place}: it is ${run.status} after its parent has ended`)
  }
  return broken
}
