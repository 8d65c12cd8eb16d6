// JSON.parse that gives back the keys that were written. The engine of Node 24 and 26 may read an escaped key as another one, after it
// has seen a key that ends with a backslash (https://github.com/nodejs/node/issues/63785). Texts without such keys are left to it.

/** A key with an escape in it, or a text that looks like one. */
const MAYBE_ESCAPED_KEY = /[{,]\s*"[^"\\]*\\/
const COLON_BEHIND = /\s*:/y
const [QUOTE, BACKSLASH] = [0x22, 0x5c]

/** Parses JSON. Throws SyntaxError as JSON.parse does. */
export function parseJson(text: string): unknown {
  if (!text.includes('\\') || !MAYBE_ESCAPED_KEY.test(text)) return JSON.parse(text)
  const { marked, mark, keys } = withMarkedKeys(text)
  if (keys.length === 0) return JSON.parse(text)
  let parsed: unknown
  let meant: readonly string[]
  try {
    meant = keys.map((key) => JSON.parse(key) as string) // a string that stands alone is read rightly
    parsed = JSON.parse(marked)
  } catch {
    return JSON.parse(text) // to throw what is wrong with the text as it came
  }
  return named(parsed, mark, meant)
}

/** The text with a mark and a number in place of each escaped key. */
function withMarkedKeys(text: string): { readonly marked: string; readonly mark: string; readonly keys: readonly string[] } {
  const mark = unusedIn(text)
  const keys: string[] = []
  let marked = ''
  let copied = 0
  for (let start = text.indexOf('"'); start !== -1; ) {
    const { end, escaped } = stringAt(text, start)
    COLON_BEHIND.lastIndex = end
    if (escaped && COLON_BEHIND.test(text)) {
      marked += `${text.slice(copied, start)}"${mark}${keys.length}"`
      keys.push(text.slice(start, end))
      copied = end
    }
    start = text.indexOf('"', end)
  }
  return { marked: marked + text.slice(copied), mark, keys }
}

/** Where the string that begins at `start` ends, and whether an escape is in it. */
function stringAt(text: string, start: number): { readonly end: number; readonly escaped: boolean } {
  let escaped = false
  let at = start + 1
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) return { end: at + 1, escaped }
    if (unit === BACKSLASH) {
      escaped = true
      at++
    }
  }
  return { end: text.length, escaped }
}

/** A beginning of keys that stands nowhere in the text: `~0~`, or the first number that is free. */
function unusedIn(text: string): string {
  const taken = new Set(Array.from(text.matchAll(/~(?=(\d{1,9})~)/g), ([, number]) => number))
  let free = 0
  while (taken.has(String(free))) free++
  return `~${free}~`
}

/** The same with the keys that were meant, without recursion: of two keys that are the same the later one counts, as in JSON.parse. */
function named(root: unknown, mark: string, keys: readonly string[]): unknown {
  const meant = (key: string): string => (key.startsWith(mark) ? (keys[Number(key.slice(mark.length))] ?? key) : key)
  const holder: Record<string, unknown> = { root }
  const work: { readonly in: Record<string, unknown>; readonly key: string }[] = [{ in: holder, key: 'root' }]
  for (let one = work.pop(); one !== undefined; one = work.pop()) {
    let value = one.in[one.key] as Record<string, unknown>
    if (!Array.isArray(value) && Object.keys(value).some((key) => key.startsWith(mark))) {
      value = Object.fromEntries(Object.entries(value).map(([key, child]) => [meant(key), child]))
      one.in[one.key] = value // an own property already, so that this holds for __proto__ too
    }
    for (const [key, child] of Object.entries(value)) if (typeof child === 'object' && child !== null) work.push({ in: value, key })
  }
  return holder['root']
}
