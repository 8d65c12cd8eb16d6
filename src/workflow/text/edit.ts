// Edits a text so that it says another model: by the smallest replacement that, read again, says just that. An attempt that says
// anything else is never given; a coarser one is made.
import { DefinitionError } from '../../errors.ts'
import { TreeEdit, type Attempt } from './edit-tree.ts'
import { fileStyle } from './file-style.ts'
import { patched } from './patches.ts'
import { lineEnd, lineStart } from './place.ts'
import { isObject, plainJson, same } from './plain-json.ts'
import { renderFlow, renderPairs, renderValue, type FileStyle } from './render.ts'
import { endOf } from './spans.ts'
import { readTree, type Tree } from './tree.ts'

const ATTEMPTS: readonly Attempt[] = [
  { depth: Infinity, expand: false, keep: true },
  { depth: Infinity, expand: false, keep: false },
  { depth: Infinity, expand: true, keep: false },
  ...[6, 5, 4, 3, 2, 1, 0].map((depth) => ({ depth, expand: true, keep: false })),
]

/** The text of `source` with what must change so that it says `model`. Throws DefinitionError for what is no JSON. */
export function editText(source: string, tree: Tree, model: unknown): string {
  const next = plainJson(model)
  if (same(tree.model, next)) return source
  const style = fileStyle(source, tree.contents)
  for (const attempt of ATTEMPTS) {
    const patches = new TreeEdit({ source, targets: tree.targets, style }, attempt).root(tree.contents, tree.model, next)
    if (patches === undefined) break
    const text = patched(source, patches)
    if (says(text, next)) return text
  }
  for (const text of [renewed(source, tree, { next, style }), anew(next, style)]) if (says(text, next)) return text
  throw new DefinitionError('the model cannot be written as text: what was written reads differently', { remedy: 'Is it longer than a definition may be? Keep data out of it.' })
}

function says(text: string, model: unknown): boolean {
  const tree = readTree(text)
  return tree.found.length === 0 && same(tree.model, model)
}

/** The whole definition written anew, with what stands before and behind it. */
function renewed(source: string, { contents }: Tree, { next, style }: { readonly next: unknown; readonly style: FileStyle }): string {
  const [begin = 0] = contents?.range ?? []
  const start = style.json ? begin : lineStart(source, begin)
  const end = endOf(contents, source.length)
  return source.slice(0, start) + body(next, style, source.includes('\n')) + source.slice(style.json ? end : lineEnd(source, end))
}

function anew(next: unknown, style: FileStyle): string {
  return body(next, style, true) + style.newline
}

function body(next: unknown, style: FileStyle, spread: boolean): string {
  if (style.json) return renderFlow(next, { json: true, gap: ' ', pad: '', ...(spread ? { spread: { column: 0, unit: style.unit, newline: style.newline } } : {}) })
  if (isObject(next) && Object.keys(next).length > 0) return renderPairs(next, 0, style).join(style.newline)
  const { head, lines } = renderValue(next, { what: 'dash', column: -2 }, style)
  return [head, ...lines].join(style.newline)
}
