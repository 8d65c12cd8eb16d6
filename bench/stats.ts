// Order statistics of small samples. Medians, because one slow round on a shared machine must not move a figure.

/** The value at `share` (0 to 1) of the sorted sample, interpolated between neighbours. */
export function quantile(sample: readonly number[], share: number): number {
  if (sample.length === 0) throw new RangeError('a quantile needs at least one value')
  if (!(share >= 0 && share <= 1)) throw new RangeError(`a share lies between 0 and 1, not ${share}`)
  const sorted = Float64Array.from(sample).sort()
  const position = (sorted.length - 1) * share
  const below = Math.floor(position)
  const low = sorted[below] as number // 0 <= below < length, as share is in 0..1
  const high = sorted[Math.ceil(position)] as number
  return low + (high - low) * (position - below)
}

export function median(sample: readonly number[]): number {
  return quantile(sample, 0.5)
}

/** The middle half, as `low – high`: how far a figure moved between rounds. */
export function spread(sample: readonly number[]): { low: number; high: number } {
  return { low: quantile(sample, 0.25), high: quantile(sample, 0.75) }
}

/**
 * The median of `over[i] / under[i]`: both of one round, taken on a machine in one mood. It holds better than the ratio of
 * two medians, and so may differ from it a little.
 */
export function pairedRatio(over: readonly number[], under: readonly number[]): number {
  if (over.length !== under.length) {
    throw new RangeError(`a ratio is taken round by round, but there are ${over.length} and ${under.length} rounds`)
  }
  return median(over.map((value, round) => value / (under[round] as number))) // same length, checked above
}
