// Checks the types of a whole graph: every expression against what it reads, every input against what its template takes, and which
// steps can never run. It walks the plan in the order of dependence, so that the output of a step is known before it is read.
import { labelOf } from '../../template/callable.ts'
import type { BindingShape } from '../binding.ts'
import type { Expression } from '../expression.ts'
import { shortened } from '../expression.ts'
import { spanOf } from '../expression-path.ts'
import { INPUTS_REMEDY } from '../compile-child.ts'
import { UNDONE_STEP } from '../compile-compensate.ts'
import { ERROR_NAME, OUTCOME_NAME } from '../compile-handler.ts'
import { EVENT_NAME } from '../compile-wait.ts'
import type { AnyTemplate } from '../../template/contract.ts'
import type { BodyPlan, ChildPlan, ChildrenPlan, CompensatePlan, EachPlan, GraphPlan, InlinePlan, LoopPlan, NodePlan, ParallelPlan, ScopePlan, SleepPlan, StepPlan, SubWorkflow, SwitchPlan, WaitPlan } from '../plan.ts'
import { BRANCHES } from '../compile-parallel.ts'
import { Problems } from '../problems.ts'
import { CONVERT_REMEDY } from '../problem-codes.ts'
import { SLEEP_REMEDY, UNTIL_REMEDY } from '../sleep.ts'
import { mayBeList, typeOfChild } from './child-type.ts'
import { failedFacts, knownOf, looseFor, mayBeLeftOut, namesIn, withLoose, type Around, type Known, type Where } from './around.ts'
import { inputProblems } from './check-input.ts'
import { constantOf } from './constant-condition.ts'
import { Facts, factsOf } from './facts.ts'
import { failureType, OUTCOMES } from './failure-type.ts'
import { typeOfSchema, typeOfValue } from './from-schema.ts'
import { inferType } from './infer.ts'
import { inOrder } from './in-order.ts'
import { listOf, NULL, NUMBER, objectOf, STRING, unionOf, UNKNOWN, wordsFor, type Field, type Type } from './type.ts'
import { ASSIGNEES, eventType, KEY, TITLE, typeOfWait } from './wait-type.ts'

/** Checks a plan whose names are all right. `input` is the type of what the run sees as its input. */
export function checkTypes(plan: GraphPlan, input: Type, problems: Problems): void {
  new GraphTypes(input, problems).graph(plan)
}

const outputs = new WeakMap<SubWorkflow, Type>()

/** The type of what a graph gives that is run as a part of another. It was checked itself before. */
function typeOfGraph(workflow: SubWorkflow): Type {
  const known = outputs.get(workflow)
  if (known !== undefined) return known
  const { plan, model } = workflow
  const made = new GraphTypes(model.input === undefined ? UNKNOWN : typeOfSchema(model.input, { defaults: true }), new Problems()).scope(plan, { scopes: [], items: [], facts: Facts.none })
  outputs.set(workflow, made)
  return made
}

/** So deep in loops what a turn gives is not guessed any more: each depth doubles the work. */
const MAX_GUESSES = 4

class GraphTypes {
  readonly #input: Type
  readonly #problems: Problems
  readonly #types = new Map<Expression, Type>()

  constructor(input: Type, problems: Problems) {
    this.#input = input
    this.#problems = problems
  }

  /** The steps of a workflow, and those that are run at its end. */
  graph(plan: GraphPlan): void {
    this.scope(plan, { scopes: [], items: [], facts: Facts.none }, (inside) => {
      if (plan.onError !== null) this.scope(plan.onError.scope, { ...inside, items: [[ERROR_NAME, failureType]] })
      if (plan.final !== null) this.scope(plan.final, { ...inside, items: [[ERROR_NAME, unionOf(failureType, NULL)], [OUTCOME_NAME, OUTCOMES]] })
    })
  }

  /** The type of what a scope gives; `then` is called with what is seen from its end. */
  scope(plan: ScopePlan, around: Around, then?: (inside: Around) => void): Type {
    const known: (Known | undefined)[] = plan.nodes.map(() => undefined)
    const inner: Around = { ...around, scopes: [...around.scopes, { indices: new Map(plan.ids.map((id, index) => [id, index])), known }] }
    for (const index of inOrder(plan)) {
      const node = plan.nodes[index]
      if (node === undefined) continue
      const sees = looseFor(node, inner)
      const one = this.#handled(node, this.#node(node, sees), sees)
      const mayFail = node.continueOnError || plan.joins?.reactions.has(index) === true
      known[index] = mayFail ? { ...one, mayMiss: true, mayFail } : one
    }
    then?.(inner)
    if (plan.output !== null) return this.#binding(plan.output.shape, inner, 'output')
    const fields = plan.leaves.map((index): [string, Field] => [plan.ids[index] ?? '', { type: known[index]?.output ?? UNKNOWN, optional: known[index]?.mayMiss ?? true }])
    return objectOf(new Map(fields))
  }

  #node(node: NodePlan, around: Around): Known {
    const needed = knownOf(node.requires, around)
    const before = { ...around, facts: this.#edges(node, around, needed.reduce((facts, one) => facts.and(one.facts), around.facts)) }
    const condition = node.condition === null ? undefined : this.#condition(node.condition, before, 'the step')
    const facts = condition === undefined ? before.facts : before.facts.with(condition.whenTrue)
    if (condition?.constant === false) this.#unreachable(`${node.path}.if`, 'the step can never run: its condition is always false', node.condition)
    const maySkip = (condition !== undefined && condition.constant !== true) || needed.some((one) => one.mayMiss) || mayBeLeftOut(node, around)
    if (node.loop !== null) return this.#loop(node, node.loop, { ...before, facts }, maySkip)
    const inside = node.each === null ? { ...before, facts } : this.#inLoop(node.each, { ...before, facts })
    const body = this.#body(node.body, node.path, inside)
    const output = node.each === null ? body.output : listOf(body.mayMiss ? unionOf(body.output, NULL) : body.output)
    return { output, mayMiss: node.continueOnError || maySkip || (node.each === null && body.mayMiss), facts }
  }

  /** Checks the conditions of a step's edges; gives what holds when all of them do and have to. */
  #edges({ join }: NodePlan, around: Around, facts: Facts): Facts {
    let all = facts
    for (const { condition, from, on } of join?.edges ?? []) {
      const failed = on === 'failure' ? failedFacts(around, from) : []
      if (join?.rule === 'all') all = all.with(failed)
      if (condition === null) continue
      const { constant, whenTrue } = this.#condition(condition, { ...withLoose(around, new Set(on === 'success' ? [] : [from])), facts: facts.with(failed) }, 'the edge')
      if (constant === false) this.#unreachable(condition.path, 'the edge is never taken: its condition is always false', condition)
      if (join?.rule === 'all') all = all.with(whenTrue)
    }
    return all
  }

  /** What a step gives when what stands in its place has given it. */
  #handled({ handler, path }: NodePlan, known: Known, around: Around): Known {
    if (handler === null) return known
    const inside: Around = { ...around, items: [...around.items, [ERROR_NAME, failureType]], facts: around.facts.forget(ERROR_NAME) }
    const { does } = handler
    const given = does.kind === 'output' ? this.#binding(does.output.shape, inside, 'body') : this.#body(does, `${path}.onError`, inside).output
    return { ...known, output: unionOf(known.output, given) }
  }

  /** What a turn gives is what the next one sees: so the body is looked at twice, the first time without a word. */
  #loop(node: NodePlan, loop: LoopPlan, around: Around, mayMiss: boolean): Known {
    const initial = this.#binding(loop.initial.shape, around, 'body')
    const inTurn = (last: Type): Around => ({ ...around, items: [...around.items, ['iteration', NUMBER], [loop.as, last]], facts: around.facts.forget(loop.as).forget('iteration') })
    const turn = (last: Type): Type => {
      const before = inTurn(last)
      const holds = loop.while === null ? undefined : this.#condition(loop.while, before, 'the loop')
      if (loop.delay !== null) this.#sleep(loop.delay, before)
      const body = this.#body(node.body, node.path, holds === undefined ? before : { ...before, facts: before.facts.with(holds.whenTrue) })
      return body.mayMiss ? unionOf(body.output, NULL) : body.output
    }
    const guessed = around.items.length > MAX_GUESSES ? UNKNOWN : new GraphTypes(this.#input, new Problems()).#turnOf(node, loop, around)
    const output = turn(unionOf(initial, guessed))
    if (loop.until !== null) this.#condition(loop.until, inTurn(output), 'the loop')
    return { output: loop.while === null ? output : unionOf(initial, output), mayMiss: mayMiss || node.continueOnError, facts: around.facts }
  }

  /** What a turn gives when nothing is known of the one before. */
  #turnOf(node: NodePlan, loop: LoopPlan, around: Around): Type {
    const { output, mayMiss } = this.#body(node.body, node.path, { ...around, items: [...around.items, ['iteration', NUMBER], [loop.as, UNKNOWN]], facts: around.facts.forget(loop.as).forget('iteration') })
    return mayMiss ? unionOf(output, NULL) : output
  }

  #inLoop(each: EachPlan, around: Around): Around {
    const list = this.#type(each.list, around, 'body')
    if (!list.unknown && list.alternatives.some(({ kind }) => kind !== 'list')) this.#refuse(each.list, 'TYPE_MISMATCH', `is ${wordsFor(list)}, expected a list`, 'forEach goes over a list; one item alone is [x].')
    const item = list.unknown ? UNKNOWN : unionOf(...list.alternatives.map((one) => (one.kind === 'list' ? one.item() : UNKNOWN)))
    return { ...around, items: [...around.items, ['index', NUMBER], [each.as, item]], facts: around.facts.forget(each.as).forget('index') }
  }

  #body(body: BodyPlan, path: string, around: Around): { readonly output: Type; readonly mayMiss: boolean } {
    switch (body.kind) {
      case 'step':
        return { output: this.#step(body, path, around), mayMiss: false }
      case 'block':
        return { output: this.scope(body.scope, around), mayMiss: false }
      case 'switch':
        return this.#switch(body, path, around)
      case 'parallel':
        return this.#parallel(body, around)
      case 'inline':
        return { output: this.#inline(body, path, around), mayMiss: false }
      case 'sleep':
        this.#sleep(body, around)
        return { output: NULL, mayMiss: false }
      case 'wait':
        return { output: this.#wait(body, around), mayMiss: false }
      case 'child':
      case 'children':
        return { output: this.#children(body, around), mayMiss: false }
    }
  }

  #step({ template, input, compensate }: StepPlan, path: string, around: Around): Type {
    this.#binding(input.shape, around, 'body')
    const problems = inputProblems({
      shape: input.shape, path: `${path}.with`, template: labelOf(template.meta), schema: template.schemas.input,
      typeOf: (expression) => this.#types.get(expression) ?? UNKNOWN,
    })
    for (const { code, path: at, message, ...more } of problems) this.#problems.add(code, at, message, more)
    if (compensate !== undefined) this.#compensate(compensate, template, path, around)
    return typeOfSchema(template.schemas.output, { defaults: false })
  }

  /** What undoes a step sees it as an item: its input as it is sent, its output as it is given. */
  #compensate({ template, input, isBound, options }: CompensatePlan, step: AnyTemplate, path: string, around: Around): void {
    const output = typeOfSchema(step.schemas.output, { defaults: false })
    const isUnknown = options.onUnknown === 'compensate'
    const done = objectOf(new Map<string, Field>([
      ['input', { type: typeOfSchema(step.schemas.input, { defaults: false }), optional: false }],
      ['output', { type: isUnknown ? unionOf(output, NULL) : output, optional: false }],
      ['outcome', { type: isUnknown ? STRING : typeOfValue('completed'), optional: false }],
    ]))
    const inside: Around = { scopes: [], items: [['index', NUMBER], [UNDONE_STEP, done]], facts: around.facts.forget(UNDONE_STEP).forget('index') }
    this.#binding(input.shape, inside, 'body')
    const problems = inputProblems({
      shape: input.shape, path: isBound ? `${path}.compensate.with` : `${path}.compensate`, template: labelOf(template.meta), schema: template.schemas.input,
      typeOf: (expression) => this.#types.get(expression) ?? UNKNOWN,
    })
    for (const { code, path: at, message, ...more } of problems) this.#problems.add(code, isBound ? at : `${path}.compensate`, message, isBound ? more : { remedy: 'Say what it is given: with: { … }, or let it take input, output and outcome.', on: 'key' })
  }

  /** What is handed to a workflow that is run inline is held against its schema, as what is handed to a template is. */
  #inline({ workflow, input }: InlinePlan, path: string, around: Around): Type {
    const { name, model } = workflow
    this.#binding(input.shape, around, 'body')
    const problems = model.input === undefined ? [] : inputProblems({
      shape: input.shape, path: `${path}.inline.input`, template: `workflow ${name}`, schema: model.input, typeOf: (expression) => this.#types.get(expression) ?? UNKNOWN,
    })
    for (const { code, path: at, message, remedy, ...more } of problems) this.#problems.add(code, at, message, { ...more, remedy: remedy?.replace(/ to with\.$/, ' to input.') })
    return typeOfGraph(workflow)
  }

  #wait(plan: WaitPlan, around: Around): Type {
    const { key, title, assignees, timeout, fallback } = plan
    if (timeout !== null) this.#sleep(timeout, around)
    for (const [given, { fits, wanted }] of [[key, KEY], [title, TITLE], [assignees, ASSIGNEES]] as const) {
      const type = given === null ? UNKNOWN : this.#binding(given.shape, around, 'body')
      if (given?.shape.kind === 'expression' && !type.unknown && !type.alternatives.every(fits)) this.#refuse(given.shape.expression, 'TYPE_MISMATCH', `is ${wordsFor(type)}, expected ${wanted}`, CONVERT_REMEDY)
    }
    if (plan.where !== null) this.#condition(plan.where, { ...around, items: [...around.items, [EVENT_NAME, eventType(UNKNOWN)]], facts: around.facts.forget(EVENT_NAME) }, 'the wait')
    const late = fallback === null ? [] : [this.#binding(fallback.shape, around, 'body')]
    return unionOf(typeOfWait(plan), ...late)
  }

  #children(plan: ChildPlan | ChildrenPlan, around: Around): Type {
    const { shape } = plan.kind === 'child' ? plan.input : plan.inputs
    const type = this.#binding(shape, around, 'body')
    if (plan.kind === 'children' && shape.kind === 'expression' && !mayBeList(type)) this.#refuse(shape.expression, 'TYPE_MISMATCH', `is ${wordsFor(type)}, expected a list`, INPUTS_REMEDY)
    return typeOfChild(plan)
  }

  #sleep({ duration: { shape }, isMoment }: SleepPlan, around: Around): void {
    const type = this.#binding(shape, around, 'body')
    if (shape.kind !== 'expression' || type.unknown || type.alternatives.every(({ kind }) => kind === 'number' || kind === 'int' || kind === 'string')) return
    this.#refuse(shape.expression, 'TYPE_MISMATCH', `is ${wordsFor(type)}, expected a ${isMoment ? 'moment' : 'duration'}`, isMoment ? UNTIL_REMEDY : SLEEP_REMEDY)
  }

  #switch({ cases, refused }: SwitchPlan, path: string, around: Around): { readonly output: Type; readonly mayMiss: boolean } {
    if (refused !== undefined) this.#binding(refused.shape, around, 'body')
    if (cases.length === 0) return { output: UNKNOWN, mayMiss: false } // stands for what was refused before
    const outputs: Type[] = []
    let facts = around.facts
    let sure = false
    let complete = false
    let mayMiss = false
    for (const [index, one] of cases.entries()) {
      const needed = knownOf(one.requires, around)
      const at = `${path}.switch[${index}]`
      if (sure) this.#unreachable(at, 'the case can never run: the condition of a case before it is always true')
      const condition = one.condition === null ? undefined : this.#condition(one.condition, { ...around, facts }, 'the case')
      if (condition?.constant === false && !sure) this.#unreachable(`${at}.if`, 'the case can never run: its condition is always false', one.condition)
      const inside = condition === undefined ? facts : facts.with(condition.whenTrue)
      const body = this.#body(one.body, at, { ...around, facts: needed.reduce((all, known) => all.and(known.facts), inside) })
      outputs.push(body.output)
      mayMiss ||= body.mayMiss || needed.some((known) => known.mayMiss)
      sure ||= condition?.constant === true
      complete ||= sure || one.condition === null
      if (condition !== undefined) facts = facts.with(condition.whenFalse)
    }
    return { output: unionOf(...outputs), mayMiss: mayMiss || !complete }
  }

  #parallel({ branches, merge }: ParallelPlan, around: Around): { readonly output: Type; readonly mayMiss: boolean } {
    const outputs = branches.map(({ name, path, requires, continueOnError, body }) => {
      const needed = knownOf(requires, around)
      const { output, mayMiss } = this.#body(body, path, { ...around, facts: needed.reduce((all, known) => all.and(known.facts), around.facts) })
      return { name, path, output, mayMiss: mayMiss || continueOnError || needed.some((known) => known.mayMiss) }
    })
    const mayMiss = outputs.every((one) => one.mayMiss)
    switch (merge.kind) {
      case 'all':
        return { output: objectOf(new Map(outputs.map((one): [string, Field] => [one.name, { type: one.mayMiss ? unionOf(one.output, NULL) : one.output, optional: false }]))), mayMiss: false }
      case 'any':
      case 'first':
        return { output: unionOf(...outputs.map(({ output }) => output)), mayMiss }
      case 'weighted':
        for (const { path, output } of outputs) if (!output.unknown && output.alternatives.some(({ kind }) => kind !== 'number' && kind !== 'int')) this.#problems.add('TYPE_MISMATCH', path, `gives ${wordsFor(output)}, expected a number to weigh`, { remedy: 'Make it a block: steps, and output: ${{ … }} that is a number.', on: 'key' })
        return { output: NUMBER, mayMiss }
      case 'output': {
        const seen = objectOf(new Map(outputs.map((one): [string, Field] => [one.name, { type: one.output, optional: one.mayMiss }])))
        return { output: this.#binding(merge.output.shape, { ...around, items: [...around.items, [BRANCHES, seen]], facts: around.facts.forget(BRANCHES) }, 'body'), mayMiss: false }
      }
    }
  }

  #condition(expression: Expression, around: Around, what: string): ReturnType<typeof factsOf> & { readonly constant: boolean | undefined } {
    const type = this.#type(expression, around, 'body')
    if (!type.unknown && type.alternatives.some(({ kind }) => kind !== 'boolean')) {
      this.#refuse(expression, 'TYPE_MISMATCH', `is ${wordsFor(type)}; the condition of ${what} must be true or false`, 'Compare it with something: x > 0, x != null, size(x) > 0.')
    }
    return { ...factsOf(expression.ast), constant: constantOf(expression) }
  }

  /** The type of `with` or `output`, all of its expressions checked. */
  #binding(shape: BindingShape, around: Around, where: Where): Type {
    switch (shape.kind) {
      case 'wrong':
        return UNKNOWN
      case 'constant':
        return typeOfValue(shape.value)
      case 'expression':
        return this.#notOptional(shape.expression, this.#type(shape.expression, around, where))
      case 'text':
        for (const expression of shape.expressions) this.#inText(expression, this.#notOptional(expression, this.#type(expression, around, where)))
        return STRING
      case 'list': {
        const items = shape.items.map((item) => this.#binding(item, around, where))
        return listOf(() => unionOf(...items))
      }
      case 'object':
        return objectOf(new Map(shape.fields.map(([key, part]) => [key, { type: this.#binding(part, around, where), optional: false }])))
    }
  }

  #inText(expression: Expression, type: Type): void {
    if (type.alternatives.some(({ kind }) => kind === 'null')) this.#refuse(expression, 'UNGUARDED_OPTIONAL', 'may be null, which cannot stand in a text', 'Say what is to stand there instead: x != null ? x : "none".')
  }

  #notOptional(expression: Expression, type: Type): Type {
    if (!type.alternatives.some(({ kind }) => kind === 'optional')) return type
    this.#refuse(expression, 'UNGUARDED_OPTIONAL', 'gives a value that may be missing', 'Say what stands there when it is: end the expression with .orValue(…).')
    this.#types.set(expression, UNKNOWN) // told once is enough
    return UNKNOWN
  }

  #type(expression: Expression, around: Around, where: Where): Type {
    const { ast, path, text, offset } = expression
    const type = inferType(ast, namesIn(around, this.#input, where), around.facts, ({ code, message, remedy, node }) => {
      const [start, end] = spanOf(node)
      const shown = shortened(text)
      this.#problems.add(code, path, message.startsWith(text) ? message : `\`${shown}\`: ${message}`, { remedy, span: [offset + start, offset + end] })
    })
    this.#types.set(expression, type)
    return type
  }

  #refuse({ path, text, offset }: Expression, code: 'TYPE_MISMATCH' | 'UNGUARDED_OPTIONAL', message: string, remedy: string): void {
    this.#problems.add(code, path, `\`${shortened(text)}\` ${message}`, { remedy, span: [offset, offset + text.length] })
  }

  #unreachable(path: string, message: string, expression: Expression | null = null): void {
    const more = expression === null ? { on: 'key' as const } : { span: [expression.offset, expression.offset + expression.text.length] as const }
    this.#problems.add('UNREACHABLE', path, message, { remedy: 'Correct the condition, or take it away.', ...more })
  }
}
