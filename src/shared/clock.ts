// Time as the engine sees it: handed in, so that tests and the simulation own it. Not a scheduler of work:
// it only tells the time and calls back.

/** Cancels what it was returned for; calling it twice is harmless. */
export type Cancel = () => void

/** A source of time. The system's is `systemClock`; the simulation brings a virtual one. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970 (UTC), as whole number. */
  now(): number
  /** Milliseconds of a clock that never steps back; only differences mean something. */
  monotonic(): number
  /** Calls `fire` once after `ms` milliseconds or a little later, never before. */
  timer(ms: number, fire: () => void): Cancel
  /** Calls `run` after the work at hand, and all promise reactions it set off, is done. In order of calls. */
  defer(run: () => void): void
}

/** A clock that tells another time, and waits as the first one does. */
export function clockAt(clock: Clock, now: () => number): Clock {
  return { now, monotonic: () => clock.monotonic(), timer: (ms, fire) => clock.timer(ms, fire), defer: (run) => clock.defer(run) }
}

/** The longest wait that a platform timer can hold; longer ones are cut into pieces. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The system's clock. Timers do not keep the process alive unless `keepAlive` is true. */
export function systemClock(options: { keepAlive?: boolean } = {}): Clock {
  const keepAlive = options.keepAlive ?? true
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    timer(ms, fire) {
      const due = performance.now() + ms
      let handle: NodeJS.Timeout
      const arm = (): void => {
        const left = Math.ceil(due - performance.now())
        handle = setTimeout(left > MAX_TIMER_MS ? arm : fire, Math.max(0, Math.min(left, MAX_TIMER_MS)))
        if (!keepAlive) handle.unref()
      }
      arm()
      return () => clearTimeout(handle)
    },
    defer: (run) => {
      setImmediate(run)
    },
  }
}
