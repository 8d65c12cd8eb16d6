// The simulation over many seeds and random programs over many runs; at a tenth, a tenth of them.
const scale = Number(process.env['WUMBO_SCALE'] ?? 1)
process.env['WUMBO_SEEDS'] ??= String(Math.ceil(50_000 * scale))
process.env['WUMBO_CLUSTER_SEEDS'] ??= String(Math.ceil(3000 * scale))
process.env['WUMBO_RUNS'] ??= String(Math.ceil(10_000 * scale))
await import('../simulation/simulation.test.ts')
await import('../simulation/cluster.test.ts')
await import('../integration/engine/random-programs.test.ts')
