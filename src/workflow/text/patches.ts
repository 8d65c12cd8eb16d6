// Replacements of pieces of a text. They never overlap; what no patch covers stays byte for byte.

/** What is to stand in place of a piece of the text. */
export interface Patch {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The piece of the text from `start` to `end` with the patches applied that lie in it. */
export function patched(source: string, patches: readonly Patch[], start = 0, end = source.length): string {
  let text = ''
  let at = start
  for (const patch of [...patches].sort((a, b) => a.start - b.start || a.end - b.end)) {
    text += source.slice(at, patch.start) + patch.text
    at = patch.end
  }
  return text + source.slice(at, end)
}
