// Tells a sink the figures of each execution; a small one is here, for tests and for looking.
import { DefinitionError, type WumboError } from '../../errors.ts'
import { shown } from '../door.ts'
import { asFailure } from '../failure.ts'
import { settled } from '../../shared/thenable.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { guarded } from './trace.ts'

/** Takes figures. A throw is logged and changes nothing. */
export interface MetricsSink {
  began(template: string): void
  /** `code` of the failure; null when it gave data. */
  ended(template: string, figures: { readonly durationMs: number; readonly code: WumboError['code'] | null }): void
}

/** Figures of one template. */
export interface TemplateFigures {
  /** Executions that have begun. */
  readonly count: number
  readonly active: number
  readonly failed: number
  /** Failures by code. */
  readonly codes: ReadonlyMap<string, number>
  /** Milliseconds, of those that have ended. */
  readonly totalMs: number
  readonly maxMs: number
}

/** Tells of each execution: when it begins, how long it took, how it failed. */
export function withMetrics(sink: MetricsSink): Decorator {
  if (typeof (sink as Partial<MetricsSink> | null)?.began !== 'function' || typeof sink.ended !== 'function') throw new DefinitionError(`metrics: expected a sink with began and ended, got ${shown(sink)}`, { path: 'metrics', remedy: 'Write withMetrics(new FiguresSink()).' })
  return {
    name: 'metrics', rank: RANKS.metrics,
    wrap: (next, { meta }) => (input, context) => {
      const began = performance.now()
      guarded(context.log, () => sink.began(meta.name))
      const end = (code: string | null): void => guarded(context.log, () => sink.ended(meta.name, { durationMs: performance.now() - began, code }))
      return settled(() => next(input, context), (value) => {
        end(null)
        return value
      }, (thrown) => {
        end(asFailure(thrown, `${meta.name}@${meta.version}`).code)
        throw thrown
      })
    },
  }
}

interface Counting {
  count: number
  active: number
  failed: number
  readonly codes: Map<string, number>
  totalMs: number
  maxMs: number
}

/** A sink that counts, by the name of the template. */
export class FiguresSink implements MetricsSink {
  readonly #figures = new Map<string, Counting>()

  began(template: string): void {
    const figures = this.#of(template)
    figures.count++
    figures.active++
  }

  ended(template: string, { durationMs, code }: { readonly durationMs: number; readonly code: string | null }): void {
    const figures = this.#of(template)
    figures.active--
    figures.totalMs += durationMs
    figures.maxMs = Math.max(figures.maxMs, durationMs)
    if (code === null) return
    figures.failed++
    figures.codes.set(code, (figures.codes.get(code) ?? 0) + 1)
  }

  /** The figures of a template so far. */
  of(template: string): TemplateFigures {
    const figures = this.#of(template)
    return { ...figures, codes: new Map(figures.codes) }
  }

  #of(template: string): Counting {
    const known = this.#figures.get(template)
    if (known !== undefined) return known
    const made: Counting = { count: 0, active: 0, failed: 0, codes: new Map(), totalMs: 0, maxMs: 0 }
    this.#figures.set(template, made)
    return made
  }
}
