// Calls `store` with the numbers from … to − 1 in batches, so many calls open at a time. Plain JavaScript, as the peers use it too.

/**
 * @param {{ from: number, to: number, batch: number, calls: number }} work
 * @param {(numbers: number[]) => Promise<unknown>} store
 */
export async function inBatches({ from, to, batch, calls }, store) {
  let next = from
  const lane = async () => {
    while (next < to) {
      const first = next
      next = Math.min(to, first + batch)
      await store(Array.from({ length: next - first }, (_, at) => first + at))
    }
  }
  await Promise.all(Array.from({ length: calls }, lane))
}
