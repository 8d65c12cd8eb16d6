// One process that validates a definition of many steps, and beside it does the least that must be done for one: parses the YAML into
// data, and parses and checks each expression with the CEL library. Both in turn; the first turn of each is the cold one.
import { Environment } from '@marcbachmann/cel-js'
import { builtinTemplates, checkText } from 'wumbo'
import { parseDocument } from 'yaml'
import { check, measure } from '../measurement.ts'
import { requireBuilt } from './built.ts'

export interface ValidationOptions {
  readonly steps: number
  readonly turns: number
  /** Which of the two comes first, and so pays for what both need. */
  readonly first: 'ours' | 'bare'
}

/** Milliseconds of each turn. */
export interface ValidationResult {
  readonly ours: readonly number[]
  readonly bare: readonly number[]
  readonly bytes: number
  readonly expressions: number
}

requireBuilt()

await measure<ValidationOptions, ValidationResult>(async ({ steps, turns, first }) => {
  const text = definition(steps)
  const times: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] }
  const work = {
    ours: () => check('the problems', checkText(text, builtinTemplates).problems, []),
    bare: () => check('the expressions', checkBare(text), 4 * steps - 2),
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const lane of turn % 2 === 0 ? order(first) : order(first).reverse()) {
      const start = performance.now()
      work[lane]()
      times[lane].push(performance.now() - start)
    }
  }
  return { ...times, bytes: text.length, expressions: 4 * steps - 2 }
})

function order(first: 'ours' | 'bare'): ('ours' | 'bare')[] {
  return first === 'ours' ? ['ours', 'bare'] : ['bare', 'ours']
}

/** A chain of requests: each step with a condition, two expressions in its input, a retry and a timeout. */
function definition(steps: number): string {
  const step = (index: number): string => {
    const before = index === 0 ? 'input.count' : `steps.s${index - 1}.output.status`
    const condition = index === 0 ? '' : `    if: steps.s${index - 1}.output.status < 500 && input.count > ${index}\n`
    return `  s${index}:\n    uses: http.request@^1\n${condition}    with:\n      url: https://example.com/\${{ input.name }}/${index}\n`
      + `      body: { last: '\${{ ${before} }}'${index === 0 ? '' : ", name: '${{ input.name + \"!\" }}'"} }\n    retry: { maxAttempts: 3, backoff: exponential, initialDelay: 200ms }\n    timeout: 30s\n`
  }
  return `name: long\ninput:\n  type: object\n  required: [name, count]\n  properties:\n    name: { type: string }\n    count: { type: integer }\nsteps:\n${Array.from({ length: steps }, (_, index) => step(index)).join('')}`
}

/** Parses and checks; gives how many expressions there were. */
function checkBare(text: string): number {
  const document = parseDocument(text)
  if (document.errors.length > 0) throw new Error('the definition is no YAML')
  const model = document.toJS() as { steps: Record<string, object> }
  const cel = new Environment({ unlistedVariablesAreDyn: true })
  let count = 0
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      const expressions = key === 'if' ? [value] : Array.from(value.matchAll(/\$\{\{(.*?)\}\}/g), (match) => match[1] ?? '')
      for (const expression of expressions) {
        const { valid, error } = cel.check(expression)
        if (!valid) throw error ?? new Error(expression)
        count++
      }
    } else if (typeof value === 'object' && value !== null) for (const [name, child] of Object.entries(value)) visit(child, name)
  }
  visit(model.steps, '')
  return count
}
