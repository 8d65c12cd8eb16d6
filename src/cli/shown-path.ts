// The path of a file as people write it.
import { relative } from 'node:path'

/** Relative to the current folder; the folder itself keeps its full path. */
export function shownPath(file: string): string {
  return relative(process.cwd(), file) || file
}
