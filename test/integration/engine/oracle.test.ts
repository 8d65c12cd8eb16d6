// Random workflows in the whole engine, with deaths at random moments: the journal is what a plain model of the guide allows, the run ends as it says, and
// what is undone is what had completed, the last first.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Engine } from '../../../src/engine/engine.ts'
import type { StepSummary } from '../../../src/engine/inspect.ts'
import { TemplateFailedError, type ErrorData } from '../../../src/errors.ts'
import type { RunStatus } from '../../../src/model/run.ts'
import { seededRandom, type Random } from '../../../src/shared/random.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import type { AnyTemplate } from '../../../src/template/contract.ts'
import { fromStored } from '../../../src/workflow/graph.ts'
import { Oracle, type Ending } from '../../fixtures/oracle.ts'
import { modelOf, randomPlan } from '../../fixtures/random-plans.ts'
import { Rig } from './rig.ts'

/** Bodies whose outcome and time are told by the seed and their path, so that a repeated attempt comes to the same. */
function outside(rig: Rig, seed: number): { mended: boolean;  readonly begun: Set<string>; readonly undone: string[]; readonly templates: readonly AnyTemplate[]; readonly fails: (path: string) => boolean } {
  const begun = new Set<string>()
  const undone: string[] = []
  const dice = (path: string): Random => seededRandom(Array.from(path).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, seed))
  const state = { mended: false }
  const fails = (path: string): boolean => !state.mended && dice(path).next() < 0.2
  const act = defineTemplate({
    name: 'act', version: '1.0.0', description: 'Gives a number, or fails.', input: z.any(), output: z.number(),
    execute: async (_, context) => {
      const path = (context.run?.path ?? '').replace('$settle.', '')
      const random = dice(path)
      begun.add(path)
      await rig.wait(1 + Math.floor(random.next() * 997) % 20)
      if (fails(path)) throw new TemplateFailedError(`no ${path}`, { retryable: false })
      return Math.floor(random.next() * 10)
    },
  })
  const undo = defineTemplate({ name: 'undo', version: '1.0.0', description: 'Takes it back.', input: z.any(), output: z.null(), execute: (_, context) => {
    undone.push((context.run?.path ?? '').replace('$compensate.', ''))
    return null
  } })
  return Object.assign(state, { begun, undone, fails, templates: [act, undo] })
}

function endingOf({ status, output, path, kind }: StepSummary): Ending {
  if (status === 'failed') return { is: 'failed', at: path }
  return status === 'skipped' ? { is: 'skipped' } : { is: 'completed', output: kind === 'timer' ? null : output }
}

const isOfUndoing = ({ path }: StepSummary): boolean => path.startsWith('$compensate') || path.startsWith('$settle')

type Trouble = 'none' | 'deaths' | 'cancel' | 'timeout' | 'pause' | 'retry'

/** How a run ended, and whether it was troubled at all: much of it comes when the run has ended. */
interface Played {
  readonly status: RunStatus
  readonly undone: number
  readonly isTroubled: boolean
}

async function play(seed: number, trouble: Trouble, waits: boolean): Promise<Played> {
  const plan = randomPlan(seed, { waits, most: 5, depth: 2 })
  const rig = new Rig()
  const seen = outside(rig, seed)
  const { begun, undone, fails, templates } = seen
  const workflow = fromStored({ ...modelOf(plan, 'undo'), ...(trouble === 'timeout' ? { timeout: 1 + (seed % 40) * (waits ? 60 : 3) } : {}) }, templates)
  let engine = await rig.engine([workflow])
  const { run } = await rig.until(engine.start(workflow, {}))
  const random = seededRandom(seed)
  let wasPaused = false
  for (let deaths = trouble === 'none' ? 0 : 2; deaths > 0; deaths--) {
    await rig.steps(Math.floor(random.next() * 60))
    rig.die()
    engine = await rig.engine([workflow])
    if (trouble === 'pause') {
      wasPaused ||= await rig.until(engine.postbox.ask(run, 'pause').then(() => true, () => false)) // it has ended, perhaps
      await rig.time.advance(random.next() * 5000)
      await rig.until(engine.postbox.ask(run, 'resume').catch(() => null))
    }
    if (deaths === 2 && trouble === 'cancel') await rig.until(engine.postbox.ask(run, 'cancel').catch(() => null)) // it has ended, perhaps
  }
  if (waits) await answerAll(rig, engine, run)
  await rig.until(engine.result(run).catch(() => null))
  if (trouble === 'retry' && (await rig.details(run)).status === 'failed') {
    seen.mended = true
    await rig.until(engine.retry(run, { by: 'ada', reason: 'mended' }))
    if (waits) await answerAll(rig, engine, run)
    await rig.until(engine.result(run).catch(() => null))
  }
  const details = await rig.details(run)
  const oracle = new Oracle(plan)
  const told = { seed, trouble, waits, status: details.status, error: details.error, journal: details.steps.map(({ path, status }) => `${path} ${status}`), model: modelOf(plan) }
  const journal = details.steps.filter((one) => !isOfUndoing(one)).sort((a, b) => a.seq - b.seq)
  const why = JSON.stringify(told, null, 1)
  const isTroubled = { none: true, deaths: true, cancel: details.status === 'cancelled', timeout: details.error?.code === 'RUN_TIMEOUT', pause: wasPaused, retry: seen.mended }[trouble]
  const isCut = details.status === 'cancelled' || details.error?.code === 'RUN_TIMEOUT'
  if (!isCut) {
    for (const step of journal) oracle.answer(step.path, endingOf(step))
    expect(oracle.open.size, why).toBe(0)
    expect(details.status, why).toBe(oracle.end?.is)
    if (oracle.end?.is === 'completed') expect(details.output, why).toEqual(oracle.end.output)
    else expect(deepest(details.error), why).toBe(oracle.end?.is === 'failed' ? oracle.end.at : null)
  }

  const isUndoable = (path: string): boolean => !path.startsWith('$') && !path.includes('.$inline.') && !/\$onError\.(told|after)$/.test(path)
  const completed = isCut ? journal.filter(({ path, template, status }) => template === 'act@1.0.0' && status === 'completed' && isUndoable(path)).map(({ path }) => path) : oracle.completed.filter(isUndoable)
  const lost = [...begun].filter((path) => isUndoable(path) && !fails(path) && !completed.includes(path))
  if (trouble === 'retry') return { status: details.status, undone: undone.length, isTroubled }
  if (details.status === 'completed') expect(undone, why).toEqual([])
  else {
    const once = [...new Set(undone)]
    expect(once.filter((path) => completed.includes(path)), why).toEqual(completed.toReversed())
    expect(once.filter((path) => !completed.includes(path)).sort(), why).toEqual(lost.sort())
    if (trouble === 'none') expect(undone).toHaveLength(once.length)
  }
  return { status: details.status, undone: undone.length, isTroubled }
}

/** The step that failed first of all. */
function deepest(data: ErrorData | null): string {
  let at = ''
  for (let error = data; error !== null; error = error.cause ?? null) if (error.code === 'STEP_FAILED') at = error.path ?? at
  return at
}

/** Sends signals, and decides what is asked, until the run has ended. */
async function answerAll(rig: Rig, engine: Engine, run: string): Promise<void> {
  for (let turn = 0; turn < 60; turn++) {
    const { finishedAt, approvals } = await rig.details(run)
    if (finishedAt !== null) return
    for (const { path } of approvals) await rig.until(engine.postbox.decide(run, path, { approved: true, by: 'ada' }).catch(() => null)) // it may be given up by now
    await rig.until(engine.postbox.signal(run, 'go', turn % 10, { id: String(turn) }).catch(() => null))
    await rig.time.advance(turn % 3 === 0 ? 2000 : 7)
  }
}

describe('K9, K10: the engine and the oracle agree on the end of a run and on what is undone', () => {
  test.each((['none', 'deaths', 'cancel', 'timeout', 'pause', 'retry'] as const).flatMap((trouble) => [[trouble, false], [trouble, true]] as const))('trouble: %s, waits: %s', { timeout: 120_000 }, async (trouble, waits) => {
    const seeds = Number(process.env['WUMBO_ORACLE_SEEDS'] ?? 60)
    const ends: RunStatus[] = []
    let undone = 0
    let troubled = 0
    for (let seed = 0; seed < seeds; seed++) {
      const ended = await play(seed, trouble, waits)
      ends.push(ended.status)
      undone += ended.undone
      if (ended.isTroubled) troubled++
    }
    for (const status of ['completed', 'failed'] as const) expect(ends.filter((one) => one === status).length, status).toBeGreaterThan(seeds / 20)
    expect(troubled).toBeGreaterThan(seeds / 20)
    expect(undone).toBeGreaterThan(seeds / 4)
  })
})
