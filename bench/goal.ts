// Decides whether a benchmark met its goal, from the figures of its rounds. Pure: it measures nothing.
import { median, pairedRatio } from './stats.ts'

export type Direction = 'higher' | 'lower'

/** One figure per round and lane; a lane that was not asked for is left out. */
export interface Rounds {
  readonly ours?: readonly number[]
  readonly peer?: readonly number[]
  readonly peerDefaults?: readonly number[]
  readonly ceiling?: readonly number[]
}

export interface Goal {
  /** How many times better than the peer Wumbo must be. */
  readonly timesPeer?: number
  /** The share of the ceiling that Wumbo must reach; 0.5 is half its rate, or twice its time. */
  readonly shareOfCeiling?: number
  /** An absolute bound, for work that has no peer. */
  readonly bound?: number
}

/** What one JSON line says; a field without a figure is left out. */
export interface Verdict {
  readonly id: string
  readonly unit: string
  /** The peer, where a benchmark has several or is new to a reader. */
  readonly against?: string
  readonly inFlight?: number
  readonly peerInFlight?: number
  readonly ours?: number
  readonly peer?: number
  /** How many times better than the peer, as the median over the rounds; above 1 is better, for times as for rates. */
  readonly ratio?: number
  readonly ceiling?: number
  readonly ceilingShare?: number
  /** The peer with nothing set but its addresses, where that is not what `peer` is. */
  readonly peerDefaults?: number
  readonly ratioDefaults?: number
  readonly goal: number
  readonly ceilingGoal?: number
  readonly met: boolean
}

export interface Question {
  readonly id: string
  readonly unit: string
  readonly better: Direction
  readonly goal: Goal
  readonly against?: string
  readonly inFlight?: number
  readonly peerInFlight?: number
}

export function judge(question: Question, rounds: Rounds): Verdict {
  const { goal, better } = question
  const figure = (values: readonly number[] | undefined): number | undefined => values && median(values)
  const advantage = (over: readonly number[] | undefined): number | undefined => {
    if (rounds.ours === undefined || over === undefined) return undefined
    return better === 'higher' ? pairedRatio(rounds.ours, over) : pairedRatio(over, rounds.ours)
  }
  const ours = figure(rounds.ours)
  const ratio = advantage(rounds.peer)
  const ceilingShare = advantage(rounds.ceiling)
  const conditions = [
    goal.timesPeer === undefined || (ratio !== undefined && ratio >= goal.timesPeer),
    goal.shareOfCeiling === undefined || (ceilingShare !== undefined && ceilingShare >= goal.shareOfCeiling),
    goal.bound === undefined || (ours !== undefined && (better === 'lower' ? ours <= goal.bound : ours >= goal.bound)),
  ]
  const primary = goal.timesPeer ?? goal.bound ?? goal.shareOfCeiling
  if (primary === undefined) throw new TypeError(`${question.id} has no goal to be judged by`)
  return compact({
    id: question.id,
    unit: question.unit,
    against: question.against,
    inFlight: question.inFlight,
    peerInFlight: question.peerInFlight,
    ours,
    peer: figure(rounds.peer),
    ratio,
    ceiling: figure(rounds.ceiling),
    ceilingShare,
    peerDefaults: figure(rounds.peerDefaults),
    ratioDefaults: advantage(rounds.peerDefaults),
    goal: primary,
    ceilingGoal: goal.shareOfCeiling,
    met: conditions.every(Boolean),
  })
}

type Loose<T> = { [K in keyof T]: T[K] | undefined }

/** Drops what is undefined and rounds to four significant digits, which is more than a shared machine can promise. */
function compact(verdict: Loose<Verdict>): Verdict {
  const kept = Object.entries(verdict)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, typeof value === 'number' ? significant(value) : value])
  return Object.fromEntries(kept) as Verdict // the required fields are never undefined at the one call above
}

export function significant(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4))
}
