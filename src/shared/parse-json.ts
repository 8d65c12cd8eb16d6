// JSON.parse that gives back the keys that were written. The engine of Node 24 and 26 may read an escaped key as another one, after it
// has seen a key that ends with a backslash (https://github.com/nodejs/node/issues/63785). Texts without such keys are left to it.

/** A key with an escape in it, or a text that looks like one. */
const MAYBE_ESCAPED_KEY = /[{,]\s*"[^"\\]*\\/
/** One string of a JSON text, and whether it is a key. */
const STRING = /("(?:[^"\\]|\\.)*")(\s*:)?/g

/** Parses JSON. Throws SyntaxError as JSON.parse does. */
export function parseJson(text: string): unknown {
  if (!text.includes('\\') || !MAYBE_ESCAPED_KEY.test(text)) return JSON.parse(text)
  try {
    return withMarkedKeys(text)
  } catch {
    return JSON.parse(text) // to throw what is wrong with the text as it came
  }
}

function withMarkedKeys(text: string): unknown {
  const mark = unusedIn(text)
  const keys: string[] = []
  const marked = text.replace(STRING, (whole, string: string, colon: string | undefined) => {
    if (colon === undefined || !string.includes('\\')) return whole
    keys.push(JSON.parse(string) as string) // a string that stands alone is read rightly
    return `"${mark}${keys.length - 1}"${colon}`
  })
  return keys.length === 0 ? JSON.parse(text) : named(JSON.parse(marked), mark, keys)
}

/** A beginning of keys that stands nowhere in the text. */
function unusedIn(text: string): string {
  for (let count = 0; ; count++) {
    const mark = `~${count}~`
    if (!text.includes(mark)) return mark
  }
}

/** The same with the keys that were meant. Of two keys that are the same the later one counts, as in JSON.parse. */
function named(value: unknown, mark: string, keys: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => named(item, mark, keys))
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => [key.startsWith(mark) ? (keys[Number(key.slice(mark.length))] ?? key) : key, named(child, mark, keys)])
  return Object.fromEntries(entries)
}
