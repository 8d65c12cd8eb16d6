// HTML as text that is safe by construction: everything put into a template is escaped unless it is HTML already. It knows no
// page and no style.
import { visibleText } from '../../shared/visible.ts'

/** A piece of HTML. Only `html` makes one. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: text and numbers are escaped, lists are joined, null and undefined leave nothing. */
export type Part = string | number | Html | null | undefined | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Makes HTML of a template literal; attribute values must stand in quotes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? ''
  for (const [index, part] of parts.entries()) text += rendered(part) + (strings[index + 1] ?? '')
  return new Html(text)
}

function rendered(part: Part): string {
  if (part === null || part === undefined) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(rendered).join('')
  return visibleText(String(part)).replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '')
}
