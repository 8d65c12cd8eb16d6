// Prints `passed failed` for a report of the test runner: node scripts/count-tests.mjs REPORT EXIT-STATUS
// A run that ended badly counts at least one failure, even if no single test failed: a file that does not load, an
// error outside of any test, or no report at all.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/**
 * @param {string | undefined} report the reporter's JSON; undefined when there is none
 * @param {number} status             the exit status of the run
 */
export function countTests(report, status) {
  const { numPassedTests = 0, numFailedTests = 0, testResults = [] } = report === undefined ? {} : JSON.parse(report)
  const notLoaded = testResults.filter(
    (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
      file.status === 'failed' && file.assertionResults.length === 0,
  )
  const failed = numFailedTests + notLoaded.length
  return { passed: numPassedTests, failed: status !== 0 || report === undefined ? Math.max(1, failed) : failed }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const [, script, path = '', status = '1'] = process.argv
if (script && import.meta.url === pathToFileURL(script).href) {
  const { passed, failed } = countTests(read(path), Number(status))
  process.stdout.write(`${passed} ${failed}\n`)
}
