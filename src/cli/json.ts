// JSON as commands print it. Values of runs are in their JSON form before they come here.
import { visibleJson } from '../shared/visible.ts'

/** A value over several indented lines, for people. */
export function prettyJson(value: unknown): string {
  return visibleJson(JSON.stringify(value ?? null, null, 2))
}

/** A value in one line, for programs. */
export function lineJson(value: unknown): string {
  return visibleJson(JSON.stringify(value ?? null))
}
