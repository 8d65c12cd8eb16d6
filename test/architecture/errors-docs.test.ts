// Each failure has a page that says what it means and what to do, and each page belongs to a failure.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as errors from '../../src/errors.ts'
import { errorCatalogue, type FailureSpec } from '../../src/errors.ts'
import * as library from '../../src/index.ts'
import { root } from './sources.ts'

const folder = join(root, 'docs/errors')

type Catalogue = Readonly<Record<string, FailureSpec>>

/** What is missing on either side, and pages that open otherwise or state other facts than the catalogue. */
function differences(catalogue: Catalogue, pages: ReadonlyMap<string, string>): string[] {
  const codes = Object.keys(catalogue)
  return [
    ...codes.filter((code) => !pages.has(code)).map((code) => `${code} has no page docs/errors/${code}.md`),
    ...[...pages.keys()].filter((name) => !codes.includes(name)).map((name) => `${name}.md stands for no failure`),
    ...[...pages].flatMap(([name, text]) => (text.startsWith(`# ${name}\n`) ? [] : [`${name}.md opens otherwise`])),
    ...[...pages].flatMap(([name, text]) => {
      const facts = factsOf(catalogue[name])
      return facts === undefined || text.includes(`\n${facts}\n`) ? [] : [`${name}.md does not say: ${facts}`]
    }),
  ]
}

function factsOf(spec: FailureSpec | undefined): string | undefined {
  if (spec === undefined) return undefined
  return `Fault: ${spec.fault}. Retryable: ${spec.retryable ? 'yes' : 'no'}. HTTP status: ${spec.status}.`
}

function pagesOf(): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')
  return new Map(names.map((name) => [name.slice(0, -'.md'.length), readFileSync(join(folder, name), 'utf8')]))
}

test('every class of failures can be caught by those who use the package', () => {
  const offered: ReadonlySet<unknown> = new Set(Object.values(library))
  const classes = Object.entries(errors).flatMap(([name, value]) => (typeof value === 'function' && value.prototype instanceof errors.WumboError ? [[name, value] as const] : []))
  expect(classes.length).toBeGreaterThan(10)
  expect(classes.filter(([, value]) => !offered.has(value)).map(([name]) => name)).toEqual([])
})

test('every failure has a page, and every page a failure', () => {
  expect(Object.keys(errorCatalogue).length).toBeGreaterThan(10)
  expect(differences(errorCatalogue, pagesOf())).toEqual([])
})

test('the list of failures names each', () => {
  const list = readFileSync(join(folder, 'README.md'), 'utf8')
  expect(Object.keys(errorCatalogue).filter((code) => !list.includes(`| [${code}](${code}.md) |`))).toEqual([])
})

test('every key of the catalogue is the code of its failure', () => {
  for (const [key, { code }] of Object.entries(errorCatalogue)) expect(code).toBe(key)
})

describe('the checker', () => {
  const spec = (code: string): FailureSpec => ({ code, fault: 'user', retryable: false, status: 404, remedy: 'None.' })
  const facts = 'Fault: user. Retryable: no. HTTP status: 404.\n'

  test('catches a failure without a page, a page without a failure, a page of another code and wrong facts', () => {
    const catalogue = Object.fromEntries(['KNOWN', 'LONELY', 'COPIED', 'STALE'].map((code) => [code, spec(code)]))
    const pages = new Map([
      ['KNOWN', `# KNOWN\n\n${facts}`],
      ['STRAY', '# STRAY\n'],
      ['COPIED', `# KNOWN\n\n${facts}`],
      ['STALE', `# STALE\n\n${facts.replace('404', '400')}`],
    ])
    expect(differences(catalogue, pages)).toEqual([
      'LONELY has no page docs/errors/LONELY.md',
      'STRAY.md stands for no failure',
      'COPIED.md opens otherwise',
      'STALE.md does not say: Fault: user. Retryable: no. HTTP status: 404.',
    ])
  })
})
