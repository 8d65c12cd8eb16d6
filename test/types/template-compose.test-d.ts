// How types flow through compositions, and which compositions must not compile. Checked by `npm run types`; never run.
import { expectTypeOf } from 'vitest'
import * as z from 'zod'
import { collect } from '../../src/template/collect.ts'
import { branch } from '../../src/template/compose-branch.ts'
import { mapEach } from '../../src/template/compose-map.ts'
import { parallel } from '../../src/template/compose-parallel.ts'
import { pipe } from '../../src/template/compose-pipe.ts'
import { named } from '../../src/template/composite.ts'
import { createContext } from '../../src/template/context.ts'
import type { AnyTemplate, ExecutionResult, TemplateContext } from '../../src/template/contract.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { enrich } from '../../src/template/derived-context.ts'
import { serviceToken, services } from '../../src/template/services.ts'
import type { Template } from '../../src/template/template.ts'
import type { WorkflowContext } from '../../src/workflow/contract.ts'

const head = { version: '1.0.0', description: 'A test.' }
const Raw = z.object({ email: z.string() })
const Lead = z.object({ email: z.string(), visits: z.number() })
const Score = z.object({ score: z.number() })

const clean = defineTemplate({ ...head, name: 'clean', input: Raw, output: Raw, execute: (raw) => raw })
const enrichLead = defineTemplate({ ...head, name: 'enrich', input: Raw, output: Lead, execute: ({ email }) => ({ email, visits: 1 }) })
const score = defineTemplate({ ...head, name: 'score', input: Lead, output: Score, execute: ({ visits }) => ({ score: visits }) })
const count = defineTemplate({ ...head, name: 'count', input: Raw, output: z.number(), execute: ({ email }) => email.length })
const weighted = defineTemplate({ ...head, name: 'weighted', input: Score, output: Score, config: z.object({ weight: z.number() }), execute: (given) => given })
declare const ctx: WorkflowContext

export function pipes(): void {
  expectTypeOf(pipe(clean)).toEqualTypeOf<Template<{ email: string }, { email: string }>>()
  expectTypeOf(pipe(clean, enrichLead, score)).toEqualTypeOf<Template<{ email: string }, { score: number }>>()
  expectTypeOf(pipe(clean, clean, clean, clean, clean, clean, clean, enrichLead, score, weighted.configure({ weight: 2 }))).toEqualTypeOf<Template<{ email: string }, { score: number }>>()
  expectTypeOf(pipe(pipe(clean, enrichLead), score)).toEqualTypeOf<Template<{ email: string }, { score: number }>>()
  expectTypeOf(ctx.step('all', pipe(clean, enrichLead), { email: 'a' })).resolves.toEqualTypeOf<{ email: string; visits: number }>()
  // An output may have more than the next one needs.
  expectTypeOf(pipe(enrichLead, count)).toEqualTypeOf<Template<{ email: string }, number>>()

  // @ts-expect-error: score wants visits, clean gives none
  pipe(clean, score)
  // @ts-expect-error: the third wants visits
  pipe(enrichLead, clean, score, score)
  // @ts-expect-error: weighted is not configured
  pipe(score, weighted)
  // @ts-expect-error: no template
  pipe()
  // @ts-expect-error: no template
  pipe(clean, 7)
  // @ts-expect-error: the input of the first is what a caller sends
  void pipe(clean, enrichLead)({ visits: 3 })
}

export function sides(): void {
  const all = parallel({ size: count, lead: enrichLead })
  expectTypeOf(all).returns.resolves.toEqualTypeOf<{ readonly size: number; readonly lead: { email: string; visits: number } }>()
  expectTypeOf(all).toBeCallableWith({ email: 'a' })
  // An input must suit all of them.
  expectTypeOf(parallel({ size: count, score })).toBeCallableWith({ email: 'a', visits: 1 })
  // @ts-expect-error: score wants visits
  void parallel({ size: count, score })({ email: 'a' })

  expectTypeOf(parallel({ size: count, lead: enrichLead }, { merge: 'first' })).returns.resolves.toEqualTypeOf<number | { email: string; visits: number }>()
  expectTypeOf(parallel({ a: count, b: count }, { merge: 'weighted-average', weights: { a: 1, b: 2 } })).returns.resolves.toEqualTypeOf<number>()
  // @ts-expect-error: a lead is no number
  parallel({ a: count, lead: enrichLead }, { merge: 'weighted-average', weights: { a: 1, lead: 2 } })
  // @ts-expect-error: no weight for b
  parallel({ a: count, b: count }, { merge: 'weighted-average', weights: { a: 1 } })
  const custom = parallel({ size: count, lead: enrichLead }, { merge: ({ size, lead }) => ({ score: size + lead.visits }), output: Score })
  expectTypeOf(custom).returns.resolves.toEqualTypeOf<{ score: number }>()
  // @ts-expect-error: score is a number
  parallel({ size: count }, { merge: ({ size }) => ({ score: String(size) }), output: Score })
}

export function branches(): void {
  const follow = branch((lead) => lead.email === '', count, enrichLead)
  expectTypeOf(follow).returns.resolves.toEqualTypeOf<number | { email: string; visits: number }>()
  expectTypeOf(branch(async ({ visits }) => Promise.resolve(visits > 1), score, count)).toBeCallableWith({ email: 'a', visits: 1 })
  // @ts-expect-error: a raw lead has no visits
  branch((lead) => lead.visits > 1, count, enrichLead)
}

export function lists(): void {
  expectTypeOf(mapEach(score, { concurrency: 3 })).toEqualTypeOf<Template<readonly { email: string; visits: number }[], { score: number }[]>>()
  expectTypeOf(pipe(mapEach(enrichLead), mapEach(score))).toEqualTypeOf<Template<readonly { email: string }[], { score: number }[]>>()
  expectTypeOf(collect(score, [{ email: 'a', visits: 1 }])).resolves.toHaveProperty('results').toEqualTypeOf<readonly ExecutionResult<{ score: number }>[]>()
  // @ts-expect-error: visits is missing
  void collect(score, [{ email: 'a' }])
}

export function names(): void {
  expectTypeOf(named(pipe(clean, enrichLead), { ...head, name: 'qualify', retry: { maxAttempts: 3 } })).toEqualTypeOf<Template<{ email: string }, { email: string; visits: number }>>()
  expectTypeOf(pipe(clean, enrichLead)).toExtend<AnyTemplate>()
}

export function contexts(): void {
  const Mailer = serviceToken<{ send(text: string): void }>('mailer')
  const container = services().provide(Mailer, { send: () => undefined })
  expectTypeOf(container.get(Mailer)).toEqualTypeOf<{ send(text: string): void }>()
  // @ts-expect-error: no mailer
  services().provide(Mailer, { post: () => undefined })
  // @ts-expect-error: no mailer
  container.replace(Mailer, 7)

  const context = createContext({ services: container }).with({ tenant: 'a' }).with({ depth: 2 })
  expectTypeOf(context.tenant).toEqualTypeOf<string>()
  expectTypeOf(context.depth).toEqualTypeOf<number>()
  expectTypeOf(enrich(context, { user: 1 }).user).toEqualTypeOf<number>()
  // @ts-expect-error: a field of the context itself
  createContext().with({ signal: 'red' })
  // A hook may ask for what its callers add.
  defineTemplate({ ...head, name: 'tenant', input: Raw, output: z.string(), execute: (_raw, context: TemplateContext & { readonly tenant?: string }) => context.tenant ?? 'none' })
}
