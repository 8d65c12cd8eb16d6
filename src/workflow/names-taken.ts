// Names that nothing of a definition may have.

/** What no step and no branch can be called: names that lead to prototypes, and words that could not stand behind a dot. */
export const POISONED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', 'true', 'false', 'null', 'in'])
