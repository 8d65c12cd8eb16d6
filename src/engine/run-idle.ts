// When the next thing of a run happens by itself: what decides whether it may leave memory.

/** Something that is open in a run and computes or waits. */
export interface Waiting {
  /** When something happens to it by itself, milliseconds since 1970, Infinity for never; null while it computes, or may be answered soon. */
  wakeAt(isPaused: boolean): number | null
}

/** The moment at which something happens in a run by itself, with the run's own deadline; null while something computes. */
export function nextDue(open: Iterable<Waiting | null>, deadline: number | null, isPaused: boolean): number | null {
  let next = deadline ?? Number.POSITIVE_INFINITY
  for (const one of open) {
    const due = one === null ? null : one.wakeAt(isPaused)
    if (due === null) return null
    next = Math.min(next, due)
  }
  return next
}
