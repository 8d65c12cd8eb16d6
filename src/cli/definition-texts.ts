// The definitions of several files, checked together: one may run another inline, whichever file comes first.
import { partsOf } from '../model/inline.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { checkRead, type CheckedText } from '../workflow/from-text.ts'
import type { TemplateSource } from '../workflow/graph.ts'
import { cycle, inlineSource, TOO_DEEP, type InlineSource, type Unusable } from '../workflow/inline-finder.ts'
import type { DefinitionText } from '../workflow/text/definition-text.ts'
import { shownPath } from './shown-path.ts'

/** Definitions that are being checked at once, each for the one before: many more than may be run inline. */
const MOST_CHECKING = 100

/** A file that holds a definition. */
export interface TextFile {
  readonly file: string
  readonly text: DefinitionText
}

/** What definitions are checked against. */
export interface TextSurroundings {
  readonly templates: TemplateSource
  /** Those of modules, which the definitions may run inline as well. */
  readonly workflows: readonly AnyWorkflow[]
}

/** Definitions that may run each other inline. Of two of one name the later counts. */
export class DefinitionTexts implements InlineSource {
  readonly #surroundings: TextSurroundings
  readonly #modules: InlineSource
  readonly #byName = new Map<string, TextFile>()
  readonly #checked = new Map<DefinitionText, CheckedText>()
  /** Names of definitions that are being checked, from the outside in. */
  readonly #checking: string[] = []

  constructor(files: readonly TextFile[], surroundings: TextSurroundings) {
    this.#surroundings = surroundings
    this.#modules = inlineSource(surroundings.workflows)
    for (const one of files) {
      const name = nameOf(one.text)
      if (name !== undefined) this.#byName.set(name, one)
    }
  }

  /** Checks one text. */
  check(text: DefinitionText): CheckedText {
    const known = this.#checked.get(text)
    if (known !== undefined) return known
    this.#checking.push(nameOf(text) ?? '')
    const checked = checkRead(text, this.#surroundings.templates, this)
    this.#checking.pop()
    this.#checked.set(text, checked)
    return checked
  }

  find(name: string, version?: string): AnyWorkflow | Unusable | undefined {
    const found = this.#byName.get(name)
    if (found === undefined) return this.#modules.find(name, version)
    const at = this.#checking.indexOf(name)
    if (at !== -1) return { form: 'unusable', ...cycle([...this.#checking.slice(at), name]) }
    // How deep a definition is, is told where it is checked; this only keeps the way there short.
    if (this.#checking.length > MOST_CHECKING) return { form: 'unusable', ...TOO_DEEP }
    const { workflow, problems } = this.check(found.text)
    if (workflow !== undefined) return version === undefined || workflow.version === version ? workflow : this.#modules.find(name, version)
    const round = problems.find(({ code }) => code === 'CYCLE')
    if (round !== undefined) return { form: 'unusable', code: 'CYCLE', message: round.message, remedy: round.remedy ?? '' }
    return { form: 'unusable', code: 'INLINE_REFUSED', message: `something is wrong with ${name} itself, in ${shownPath(found.file)}`, remedy: 'Correct that definition.' }
  }

  names(): Iterable<string> {
    return [...this.#byName.keys(), ...this.#modules.names()]
  }
}

function nameOf({ model }: DefinitionText): string | undefined {
  const name: unknown = typeof model === 'object' && model !== null ? (model as { readonly name?: unknown }).name : undefined
  return typeof name === 'string' ? partsOf(name).name : undefined
}
