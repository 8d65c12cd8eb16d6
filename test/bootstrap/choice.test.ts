// What the bootstrap decides, tried without installing anything: which Node is new enough, which package stands for
// a platform, whether node_modules/ holds what the lock asks for, and how a run of tests is counted.
import { describe, expect, test } from 'vitest'
import { foregroundInTerminal } from '../../scripts/bootstrap/child.mjs'
import { isNewEnough, nodePackages } from '../../scripts/bootstrap/node.mjs'
import { coversLock } from '../../scripts/bootstrap/packages.mjs'
import { countTests } from '../../scripts/count-tests.mjs'

describe('the Node at hand', () => {
  test.each([
    ['24.21.0', '3.53.4'],
    ['22.23.2', '3.51.3'],
    ['22.18.0', '3.51.3'],
    ['26.0.0-nightly20260101', '3.53.0'],
  ])('is taken: %s with SQLite %s', (node, sqlite) => {
    expect(isNewEnough({ node, sqlite })).toBe(true)
  })

  test.each([
    ['20.20.2', undefined],
    ['22.17.1', '3.51.3'],
    ['22.18.0', '3.50.4'],
    ['24.0.0', '3.49.1'],
    ['24.9.0', '3.51.2'],
    ['24.21.0', undefined],
  ])('is not taken: %s with SQLite %s', (node, sqlite) => {
    expect(isNewEnough({ node, sqlite })).toBe(false)
  })

  test('is replaced from npm by an exact version on each of the five platforms', () => {
    const platforms = Object.entries(nodePackages)
    expect(platforms).toHaveLength(5)
    for (const [platform, entry] of platforms) expect(entry?.version, platform).toMatch(/^2[2-9]\.\d+\.\d+$/)
  })
})

describe('a Ctrl-C', () => {
  const stat = (group: number, terminalGroup: number): string =>
    `4711 (node (x) y) S 1 ${String(group)} 4000 34816 ${String(terminalGroup)} 4194304 1 0`

  test('reaches the child by itself in the foreground of a terminal', () => {
    expect(foregroundInTerminal(stat(4700, 4700))).toBe(true)
  })

  test('has to be handed on in the background, or without a terminal', () => {
    expect(foregroundInTerminal(stat(4700, 4600))).toBe(false)
    expect(foregroundInTerminal(stat(4700, -1))).toBe(false)
  })
})

describe('node_modules/ installed by hand', () => {
  const packages = (entries: object): string => JSON.stringify({ packages: entries })
  const lock = packages({
    '': { name: 'wumbo' },
    'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' },
    'node_modules/only-on-windows': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  })

  test('is taken when it has what the lock asks for, optional packages aside', () => {
    expect(coversLock(packages({ 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' } }), lock)).toBe(true)
  })

  test('is not taken when a package is missing or another one', () => {
    expect(coversLock(packages({}), lock)).toBe(false)
    expect(coversLock(packages({ 'node_modules/zod': { version: '4.6.6', integrity: 'sha512-a' } }), lock)).toBe(false)
    expect(coversLock(packages({ 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-x' } }), lock)).toBe(false)
  })
})

describe('the sum of a run of tests', () => {
  const report = (more: object): string =>
    JSON.stringify({ numPassedTests: 7, numFailedTests: 0, testResults: [], ...more })

  test('is what its report says', () => {
    expect(countTests(report({}), 0)).toEqual({ passed: 7, failed: 0 })
    expect(countTests(report({ numFailedTests: 2 }), 1)).toEqual({ passed: 7, failed: 2 })
  })

  test('counts each file that does not load', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [] },
      { status: 'passed', assertionResults: [{}] },
    ]
    expect(countTests(report({ testResults }), 1)).toEqual({ passed: 7, failed: 2 })
  })

  test('never hides a run that ended badly', () => {
    expect(countTests(report({}), 1)).toEqual({ passed: 7, failed: 1 })
    expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1 })
  })
})
