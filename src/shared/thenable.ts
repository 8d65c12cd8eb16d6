// Work that is synchronous or not, which only shows when it is done: no promise is made where none was given.

/** True for anything that can be waited for: query builders are no promises, but functions return them. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Does the work, and gives what `ended` makes of its value or `failed` of what it threw: at once, or once it has settled. */
export function settled(work: () => unknown, ended: (value: unknown) => unknown, failed: (thrown: unknown) => unknown): unknown {
  let given: unknown
  try {
    given = work()
  } catch (thrown) {
    return failed(thrown)
  }
  return isThenable(given) ? Promise.resolve(given).then(ended, failed) : ended(given)
}
