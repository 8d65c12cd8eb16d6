// What the compiler must infer for templates, and what it must refuse. Checked by `npm run types`; never run.
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import type { AnyTemplate, ConfigurableTemplate, ExecutionResult, InputOf, OutputOf, TemplateContext, UnconfiguredTemplate } from '../../src/template/contract.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { Template } from '../../src/template/template.ts'
import type { WorkflowContext } from '../../src/workflow/contract.ts'

const Lead = z.object({ visits: z.int().min(0), source: z.string().default('web') })
const Score = z.object({ score: z.number() })

const scoreLead = defineTemplate({
  name: 'score-lead', version: '1.0.0', description: 'Scores a lead.',
  input: Lead, output: Score,
  execute: ({ visits }) => ({ score: visits / 10 }),
})

declare const ctx: WorkflowContext

test('the schemas give the types of callers: before defaults for what is sent, after them for what comes', () => {
  expectTypeOf(scoreLead).toEqualTypeOf<Template<{ visits: number; source?: string | undefined }, { score: number }>>()
  expectTypeOf(scoreLead).toBeCallableWith({ visits: 3 })
  expectTypeOf<InputOf<typeof scoreLead>>().toEqualTypeOf<{ visits: number; source?: string | undefined }>()
  expectTypeOf<OutputOf<typeof scoreLead>>().toEqualTypeOf<{ score: number }>()
  expectTypeOf(scoreLead).returns.toEqualTypeOf<Promise<{ score: number }>>()
  expectTypeOf(scoreLead.execute).returns.toEqualTypeOf<Promise<ExecutionResult<{ score: number }>>>()
  expectTypeOf(scoreLead).toExtend<AnyTemplate>()
})

test('hooks see the input after the defaults, a context, and the config', () => {
  defineTemplate({
    name: 'a', version: '1.0.0', description: 'A.', input: Lead, output: Score, config: z.object({ weight: z.number().default(1) }),
    validate(input, context, config) {
      expectTypeOf(input).toEqualTypeOf<{ visits: number; source: string }>()
      expectTypeOf(context).toEqualTypeOf<TemplateContext>()
      expectTypeOf(config).toEqualTypeOf<{ weight: number }>()
    },
    preprocess: (input) => ({ ...input, visits: input.visits + 1 }),
    execute: ({ visits, source }, _context, { weight }) => {
      expectTypeOf(source).toEqualTypeOf<string>()
      return { score: visits * weight }
    },
    postprocess: (output) => {
      expectTypeOf(output).toEqualTypeOf<{ score: number }>()
      return output
    },
    recover: (error) => (error.retryable ? undefined : { score: 0 }),
  })
})

test('what an output schema fills in may be left out by the hooks', () => {
  const filled = defineTemplate({
    name: 'a', version: '1.0.0', description: 'A.', input: z.object({}), output: z.object({ n: z.number().default(1) }), execute: () => ({}),
  })
  expectTypeOf(filled).returns.resolves.toEqualTypeOf<{ n: number }>()
})

test('a hook that gives the wrong thing does not compile', () => {
  defineTemplate({
    name: 'a', version: '1.0.0', description: 'A.', input: Lead, output: Score,
    // @ts-expect-error: score is a number
    execute: ({ visits }) => ({ score: String(visits) }),
  })
  defineTemplate({
    name: 'a', version: '1.0.0', description: 'A.', input: Lead, output: Score,
    // @ts-expect-error: a lead has no clicks
    execute: ({ clicks }) => ({ score: Number(clicks) }),
  })
  // @ts-expect-error: preproces is no hook
  defineTemplate({ name: 'a', version: '1.0.0', description: 'A.', input: Lead, output: Score, preproces: () => 1, execute: () => ({ score: 1 }) })
  // @ts-expect-error: no description
  defineTemplate({ name: 'a', version: '1.0.0', input: Lead, output: Score, execute: () => ({ score: 1 }) })
})

test('a config whose fields all have defaults may be left alone; any other must be given first', () => {
  const head = { version: '1.0.0', description: 'A.', input: Lead, output: Score }
  const easy = defineTemplate({ ...head, name: 'a', config: z.object({ weight: z.number().default(1) }), execute: (_input, _context, { weight }) => ({ score: weight }) })
  expectTypeOf(easy).toEqualTypeOf<ConfigurableTemplate<{ visits: number; source?: string | undefined }, { score: number }, { weight?: number | undefined }>>()
  void easy({ visits: 1 })

  const strict = defineTemplate({ ...head, name: 'b', config: z.object({ weight: z.number() }), execute: (_input, _context, { weight }) => ({ score: weight }) })
  expectTypeOf(strict).toEqualTypeOf<UnconfiguredTemplate<{ visits: number; source?: string | undefined }, { score: number }, { weight: number }>>()
  // @ts-expect-error: call .configure(config) first
  void strict({ visits: 1 })
  // @ts-expect-error: call .configure(config) first
  void ctx.step('score', strict, { visits: 1 })
  // @ts-expect-error: weight is a number
  strict.configure({ weight: '2' })
  expectTypeOf(strict.configure({ weight: 2 })).toEqualTypeOf<Template<{ visits: number; source?: string | undefined }, { score: number }>>()
})

test('a step infers its output and refuses a wrong input', () => {
  expectTypeOf(ctx.step('score', scoreLead, { visits: 3 })).toEqualTypeOf<Promise<{ score: number }>>()
  // @ts-expect-error: visits is a number
  void ctx.step('score', scoreLead, { visits: '3' })
  // @ts-expect-error: visits is missing
  void ctx.step('score', scoreLead, {})
  // @ts-expect-error: visits is missing
  void scoreLead({})
})

test('a class gives the same template as a literal', () => {
  class ScoreLead extends Template<z.output<typeof Lead>, z.input<typeof Score>> {
    readonly name = 'score-lead'
    readonly version = '1.0.0'
    readonly description = 'Scores a lead.'
    readonly input = Lead
    readonly output = Score
    execute({ visits }: z.output<typeof Lead>): { score: number } {
      return { score: visits }
    }
  }
  expectTypeOf(defineTemplate(ScoreLead)).toEqualTypeOf<Template<{ visits: number; source?: string | undefined }, { score: number }>>()

  // @ts-expect-error: execute is missing
  return class Unfinished extends Template<z.output<typeof Lead>, z.input<typeof Score>> {
    readonly name = 'a'
    readonly version = '1.0.0'
    readonly description = 'A.'
    readonly input = Lead
    readonly output = Score
  }
})

test('a class may be configured too', () => {
  class Weighted extends Template<z.output<typeof Lead>, z.input<typeof Score>, { weight: number }> {
    readonly name = 'weighted'
    readonly version = '1.0.0'
    readonly description = 'Weighs a lead.'
    readonly input = Lead
    readonly output = Score
    readonly config = z.object({ weight: z.number() })
    execute({ visits }: z.output<typeof Lead>, _context: TemplateContext, { weight }: { weight: number }): { score: number } {
      return { score: visits * weight }
    }
  }
  expectTypeOf(defineTemplate(Weighted)).toEqualTypeOf<UnconfiguredTemplate<{ visits: number; source?: string | undefined }, { score: number }, { weight: number }>>()
})
