// The keys of wumbo.yaml and what each takes, as data. The same checks serve the environment and the command line, so that a value
// is refused in the same words wherever it came from.
import { parseDuration } from '../shared/duration.ts'
import { didYouMean } from '../shared/nearest.ts'
import { isPostgresUrl, problemOf } from '../shared/postgres-url.ts'

/** What one setting takes. */
export interface Check {
  /** The kind of value, as a message names it. */
  readonly expected: string
  /** What was expected instead, or undefined when the value is right. */
  readonly refuse: (value: unknown) => string | undefined
}

const STRATEGIES = ['async', 'sync']

/** A store that the command line can open. */
export const STORE: Check = {
  expected: '"sqlite:<file>", "postgres://user@host/database" or "memory"',
  refuse(value) {
    if (value === 'memory') return undefined
    if (typeof value !== 'string') return STORE.expected
    if (isPostgresUrl(value)) return problemOf(value)
    return /^sqlite:./.test(value) ? undefined : STORE.expected
  },
}

/** A folder inside the project. */
const FOLDER: Check = {
  expected: 'a folder inside the project, such as "workflows"',
  refuse: (value) => (typeof value === 'string' && value !== '' && !/^([\\/]|[A-Za-z]:)|(^|[\\/])\.\.([\\/]|$)/.test(value) ? undefined : FOLDER.expected),
}

/** How many bodies run at a time. */
export const CONCURRENCY: Check = {
  expected: 'a whole number from 1 to 100,000',
  refuse: (value) => (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100_000 ? undefined : CONCURRENCY.expected),
}

const STRATEGY: Check = {
  expected: '"async" or "sync"',
  refuse: (value) => (STRATEGIES.includes(value as string) ? undefined : `${STRATEGY.expected}${typeof value === 'string' ? didYouMean(value, STRATEGIES).replace(/^ (.*)\?$/, ' ($1?)') : ''}`),
}

/** How long ended runs are kept. */
export const RETENTION: Check = {
  expected: 'a duration such as "90d", or null to keep runs for ever',
  refuse(value) {
    if (value === null) return undefined
    try {
      parseDuration(value as string)
      return undefined
    } catch {
      return RETENTION.expected
    }
  },
}

/** The keys at the top of the file. */
export const PROJECT_KEYS: Readonly<Record<string, Check | 'execution'>> = { store: STORE, templates: FOLDER, workflows: FOLDER, execution: 'execution', retention: RETENTION }

/** The keys under `execution`. */
export const EXECUTION_KEYS: Readonly<Record<string, Check>> = { strategy: STRATEGY, concurrency: CONCURRENCY }
