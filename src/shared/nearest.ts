// Finds what someone probably meant: the known word nearest to one that is not known. Not a search; it only serves messages.

/** The word of `known` that is at most two edits (or a third of its length) away from `word`, or undefined. Short words: one edit. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Infinity
  for (const candidate of plausible(word, known)) {
    const limit = candidate.length <= 3 ? Math.min(1, candidate.length - 1) : Math.max(2, Math.floor(candidate.length / 3))
    if (Math.abs(candidate.length - word.length) > limit) continue
    const distance = edits(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= limit && distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** Of very many words only those that begin or end alike are compared: a mistake rarely hits both ends. */
function plausible(word: string, known: Iterable<string>): Iterable<string> {
  const all = Array.isArray(known) ? (known as readonly string[]) : [...known]
  if (all.length <= MANY) return all
  const [head, tail] = [word.slice(0, 2).toLowerCase(), word.slice(-2).toLowerCase()]
  const some: string[] = []
  for (const one of all) {
    if (one.slice(0, 2).toLowerCase() === head || one.slice(-2).toLowerCase() === tail) some.push(one)
    if (some.length === MANY) break
  }
  return some
}

const MANY = 200

/** How many letters must be put in, taken out, replaced or swapped with their neighbour to turn `a` into `b`. */
function edits(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}

/** ` Did you mean "retry"?`, or the empty text when nothing is near. For the end of a message. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const found = nearest(word, known)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}
