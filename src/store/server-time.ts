// How a process carries on the time that a shared store's server has told it.

/** Two clocks part by less than this: a thousandth is twice what a clock is ever set right by while it runs. */
const DRIFT = 1 / 1000

/** The server's time now, in whole milliseconds: what it told, and what has passed `since` by a clock that may be too fast. Never ahead of the server's own. */
export function carriedOn({ told, since }: { readonly told: number; readonly since: number }): number {
  return Math.floor(told + since * (1 - DRIFT))
}
