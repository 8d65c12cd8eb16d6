// One spelling for the expressions of a graph: `${{x}}` and `${{ x }}` are the same, and a condition with `${{ }}` is the same as one
// without. What stands inside an expression is left as it is written. Problems are told of the text as it was given, so a model is
// respelled only after it was checked.
import type { CaseModel, LoopModel, StepModel, WorkflowModel } from '../model/workflow.ts'
import { bareExpression, splitText } from './interpolation.ts'

/** A canonical model with its expressions in their one spelling. Only for models that were checked. */
export function respelled(model: WorkflowModel): WorkflowModel {
  return changed(model, { steps: eachStep, output: inTexts, workflows: (all) => Object.fromEntries(Object.entries(all as NonNullable<WorkflowModel['workflows']>).map(([reference, one]) => [reference, respelled(one)])), onError: (one) => bodySpelled(one as StepModel), finally: (one) => bodySpelled(one as StepModel) })
}

function eachStep(steps: unknown): unknown {
  return Object.fromEntries(Object.entries(steps as WorkflowModel['steps']).map(([id, step]) => [id, bodySpelled(step)]))
}

function bodySpelled<T extends StepModel | CaseModel>(body: T): T {
  return changed(body, { needs: needsSpelled, if: bare, forEach: bare, with: inTexts, output: inTexts, sleep: inTexts, signal: waitSpelled, event: waitSpelled, approval: waitSpelled, inline: (one) => changed(one as object, { input: inTexts }), child: startSpelled, children: startSpelled, loop: loopSpelled, parallel: (one) => changed(one as object, { branches: eachStep, merge: inTexts }), onError: (one) => bodySpelled(one as StepModel), compensate: (one) => (one === false ? one : changed(one as object, { with: inTexts })), steps: eachStep, switch: (cases) => (cases as readonly CaseModel[]).map(bodySpelled) })
}

/** What is filled in or sent is told by a schema, which holds no expressions. */
function waitSpelled(wait: unknown): unknown {
  return changed(wait as object, { where: bare, key: inTexts, title: inTexts, assignees: inTexts, timeout: inTexts, fallback: inTexts })
}

/** What children are started with. */
function startSpelled(start: unknown): unknown {
  return changed(start as object, { input: inTexts, inputs: inTexts })
}

function needsSpelled(needs: unknown): unknown {
  return Array.isArray(needs) ? needs.map((need: unknown) => (typeof need === 'object' && need !== null ? changed(need, { if: bare }) : need)) : needs
}

function loopSpelled(loop: unknown): unknown {
  return changed(loop as LoopModel, { until: bare, while: bare, delay: inTexts, initial: inTexts })
}

/** A copy in which some keys, if they are there, have other values; the order of keys stays. */
function changed<T extends object>(given: T, changes: Readonly<Record<string, (value: unknown) => unknown>>): T {
  const entries = Object.entries(given).map(([key, value]): [string, unknown] => [key, Object.hasOwn(changes, key) ? changes[key]?.(value) : value])
  return Object.fromEntries(entries) as T // the same keys with values of the same kind
}

function bare(text: unknown): unknown {
  return typeof text === 'string' ? bareExpression(text).text : text
}

/** Respells all texts in JSON. */
function inTexts(value: unknown): unknown {
  if (typeof value === 'string') return inText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inTexts)
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, inTexts(child)]))
}

function inText(text: string): string {
  const pieces = splitText(text) ?? [{ kind: 'plain' as const, text }]
  return pieces.map((piece) => (piece.kind === 'plain' ? piece.text : `\${{ ${piece.text} }}`)).join('')
}
