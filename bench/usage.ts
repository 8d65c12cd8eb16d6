// The table that says what a run or a job cost besides time. Pure.
import type { Usage } from './postgres/meter.ts'
import { figure, table } from './report.ts'
import { median } from './stats.ts'

const COLUMNS = [
  ['transactions', 'transactions', ''], ['rows', 'rows written', ''], ['walBytes', 'log written', 'B'], ['clientMs', 'CPU of the process', 'ms'], ['serverMs', 'CPU of the server', 'ms'],
] as const satisfies readonly (readonly [keyof Usage, string, string])[]

export interface Measured {
  readonly name: string
  /** One per round. */
  readonly usages: readonly Usage[]
}

/** Medians over the rounds, each per `unit`; empty when nothing was counted. */
export function usageTable(unit: string, lanes: readonly Measured[]): string {
  const counted = lanes.filter(({ usages }) => usages.length > 0)
  if (counted.length === 0) return ''
  const rows = counted.map(({ name, usages }) => [
    name,
    ...COLUMNS.map(([key, , of]) => {
      const values = usages.flatMap((usage) => usage[key] ?? [])
      return values.length === 0 ? '–' : figure(median(values), of)
    }),
  ])
  return table([`per ${unit}`, ...COLUMNS.map(([, title]) => title)], rows)
}
