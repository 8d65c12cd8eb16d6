// Runs the lanes of a benchmark alternately: every round measures each lane once, and every other round in reverse, so
// that no lane always stands behind the same one or always has the machine first.

export async function alternate<Name extends string, Result>(
  rounds: number,
  lanes: Readonly<Partial<Record<Name, (round: number) => Promise<Result>>>>,
): Promise<Partial<Record<Name, Result[]>>> {
  const order = Object.keys(lanes) as Name[] // the keys of a record by Name
  const results: Partial<Record<Name, Result[]>> = {}
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? order : [...order].reverse()) {
      const result = await lanes[name]?.(round)
      if (result !== undefined) (results[name] ??= []).push(result)
    }
  }
  return results
}
