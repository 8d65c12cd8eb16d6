// Only the built package is measured: what users install, not the sources that tests run on.
export function requireBuilt(): void {
  const found = import.meta.resolve('wumbo')
  const dist = new URL('../../dist/', import.meta.url).href
  if (!found.startsWith(dist)) throw new Error(`the benchmarks measure ${dist}, but 'wumbo' resolves to ${found}`)
}
