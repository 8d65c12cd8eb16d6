// Makes foreign text safe to show: what a terminal would obey or a reader could not see is written as an escape. Not an
// escape for HTML or for a shell.

// Control characters (C0, DEL, C1), line and paragraph separators, marks that turn the direction of text, invisible
// joiners and spaces, tag characters, and halves of surrogate pairs.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** One line: every unsafe character, line ends and tabs too, becomes an escape such as `\n` or `\u001b`. */
export function visibleLine(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** The same for text of several lines: line ends stay, all else is as in `visibleLine`. */
export function visibleText(text: string): string {
  return text.split('\n').map(visibleLine).join('\n')
}

/** JSON that stays JSON of the same value: what JSON.stringify leaves raw and a terminal would obey becomes `\uXXXX`. */
export function visibleJson(json: string): string {
  return json.replace(UNSAFE, (found) => (found === '\n' ? found : unicode(found)))
}

function escaped(found: string): string {
  return SHORT[found] ?? unicode(found)
}

function unicode(found: string): string {
  return Array.from({ length: found.length }, (_, index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`).join('')
}
