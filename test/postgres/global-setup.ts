// Before the tests: when some of them need PostgreSQL and WUMBO_TEST_POSTGRES_URL names no server, an embedded one is started for all of
// them and named by that variable, which the workers inherit. Where none can be started, the tests are left out and say so.
import { readFileSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../bench/postgres/embedded.ts'

const VARIABLE = 'WUMBO_TEST_POSTGRES_URL'

export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env[VARIABLE] !== undefined) return undefined
  // The words on the command line choose files by parts of their paths.
  const chosen = await project.globTestFiles(process.argv.slice(2).filter((word) => word !== 'run' && !word.startsWith('-')))
  const { testFiles } = chosen.testFiles.length > 0 ? chosen : await project.globTestFiles()
  if (!testFiles.some((file) => readFileSync(file, 'utf8').includes('describePostgres'))) return undefined
  try {
    const { url, version, stop } = await startEmbedded()
    process.env[VARIABLE] = url
    console.log(`PostgreSQL ${version} was started for the tests`)
    return stop
  } catch (thrown) {
    if (process.env['CI'] !== undefined) throw thrown // there, nothing may be left out in silence
    console.warn(`no PostgreSQL for the tests: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    return undefined
  }
}
