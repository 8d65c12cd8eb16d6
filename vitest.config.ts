// What `npm test` and `npm run test:slow` run: every test file, on the sources, in at most two processes.
// The slow tests (test/slow/) run only when asked for. Types are checked by `npm run types`, not here.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const slow = process.env['WUMBO_TESTS'] === 'slow'

/** Sources in place of dist/: here, and in every process or thread that a test starts with our execArgv. */
const source = 'wumbo-source'

export default defineConfig({
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, 'module', 'node', 'development|production'], externalConditions: [source] } },
  test: {
    include: slow
      ? ['test/slow/**/*.test.ts']
      : ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'bench/peers/**', ...(slow ? [] : ['test/slow/**'])],
    passWithNoTests: slow,
    globalSetup: ['test/postgres/global-setup.ts'],
    pool: 'forks',
    execArgv: [`--conditions=${source}`],
    maxWorkers: Math.min(2, availableParallelism()),
    testTimeout: slow ? 600_000 : 20_000,
    hookTimeout: slow ? 120_000 : 20_000,
    restoreMocks: true,
  },
})
