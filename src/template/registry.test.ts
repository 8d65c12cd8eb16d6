import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { DefinitionError, TemplateExistsError, TemplateNotFoundError } from '../errors.ts'
import type { AnyTemplate, TemplateMetadata } from './contract.ts'
import { defineTemplate } from './define.ts'
import { TemplateRegistry, createRegistry } from './registry.ts'

const Any = z.object({})
const make = (name: string, version = '1.0.0', more: Partial<TemplateMetadata> = {}): AnyTemplate =>
  defineTemplate({ name, version, description: `The ${name}.`, ...more, input: Any, output: Any, execute: () => ({}) })
const label = (template: AnyTemplate): string => `${template.meta.name}@${template.meta.version}`

describe('resolve', () => {
  const registry = createRegistry(['1.0.0', '1.2.3', '1.10.0', '2.0.0', '3.0.0-beta.1'].map((version) => make('score-lead', version, { aliases: ['score'] })))

  test.each([
    ['score-lead', '2.0.0'],
    ['score-lead@', undefined],
    ['score-lead@^1', '1.10.0'],
    ['score-lead@1.2', '1.2.3'],
    ['score-lead@1.0.0', '1.0.0'],
    ['score-lead@>=1 <2', '1.10.0'],
    ['score-lead@*', '2.0.0'],
    ['score-lead@3.0.0-beta.1', '3.0.0-beta.1'],
    ['score-lead@^3.0.0-beta', '3.0.0-beta.1'],
    ['score@^1', '1.10.0'],
  ])('%s is %s', (reference, version) => {
    if (version === undefined) expect(() => registry.resolve(reference)).toThrow(DefinitionError)
    else expect(label(registry.resolve(reference))).toBe(`score-lead@${version}`)
  })

  test('an unknown name tells the nearest', () => {
    expect(() => registry.resolve('score-leed')).toThrow(TemplateNotFoundError)
    expect(() => registry.resolve('score-leed')).toThrow('there is no template "score-leed". Did you mean "score-lead" (3.0.0-beta.1, 2.0.0, 1.10.0, 1.2.3, 1.0.0)?')
    expect(() => createRegistry().resolve('a')).toThrow('there is no template "a". None is registered.')
  })

  test('a range that nothing satisfies tells the versions there are, highest first', () => {
    expect(() => registry.resolve('score-lead@^4')).toThrow('there is no version of "score-lead" that satisfies >=4.0.0 <5.0.0-0; there are: 3.0.0-beta.1, 2.0.0, 1.10.0, 1.2.3, 1.0.0')
  })

  test('what is no range is refused', () => {
    expect(() => registry.resolve('score-lead@newest')).toThrow(DefinitionError)
    expect(() => registry.resolve('@1')).toThrow(DefinitionError)
  })

  test('a prerelease stands for the name while there is nothing else', () => {
    const fresh = createRegistry([make('fresh', '1.0.0-rc.1')])
    expect(label(fresh.resolve('fresh'))).toBe('fresh@1.0.0-rc.1')
    fresh.register(make('fresh', '0.9.0'))
    expect(label(fresh.resolve('fresh'))).toBe('fresh@0.9.0')
  })

  test('find gives undefined where resolve throws', () => {
    expect(registry.find('nothing')).toBeUndefined()
    expect(registry.has('score-lead@^4')).toBe(false)
  })
})

test('a range resolves to the highest version that satisfies it, in whatever order they came', () => {
  const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.option(fc.nat(2), { nil: undefined, freq: 4 })).map(([a, b, c, pre]) => `${a}.${b}.${c}${pre === undefined ? '' : `-rc.${pre}`}`)
  const range = fc.tuple(fc.constantFrom('^', '~', '>=', '<', ''), version).map(([operator, base]) => `${operator}${base}`)
  fc.assert(
    fc.property(fc.uniqueArray(version, { minLength: 1, maxLength: 8 }), range, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (versions, wanted, order) => {
      const templates = versions.map((each) => make('t', each))
      const shuffled = templates.map((template) => ({ template, at: order.next().value as number })).sort((a, b) => a.at - b.at).map(({ template }) => template)
      const [one, other] = [createRegistry(templates), createRegistry(shuffled)]
      const expected = versions.filter((each) => semver.satisfies(each, wanted)).sort(semver.rcompare)[0]
      expect(one.find(`t@${wanted}`)?.meta.version).toBe(expected)
      expect(other.find(`t@${wanted}`)).toBe(one.find(`t@${wanted}`))
      expect(other.resolve('t')).toBe(one.resolve('t'))
    }),
  )
})

describe('register', () => {
  test('takes the identical object again, and refuses another of the same name and version', () => {
    const template = make('a')
    const registry = createRegistry([template]).register(template)
    expect(registry.list()).toEqual([template])
    expect(() => registry.register(make('a'))).toThrow(TemplateExistsError)
  })

  test('an answer given before a registration does not outlive it', () => {
    const registry = createRegistry([make('a', '1.0.0')])
    expect(label(registry.resolve('a@^1'))).toBe('a@1.0.0')
    registry.register(make('a', '1.1.0'))
    expect(label(registry.resolve('a@^1'))).toBe('a@1.1.0')
    expect(registry.find('b')).toBeUndefined()
    registry.register(make('b'))
    expect(registry.find('b')).toBeDefined()
  })

  test('an alias that is taken is refused, and nothing of the refused template is kept', () => {
    const registry = createRegistry([make('a', '1.0.0', { aliases: ['x'] })])
    expect(() => registry.register(make('b', '1.0.0', { aliases: ['y', 'x'] }))).toThrow('the alias "x" of b belongs to a')
    expect(() => registry.register(make('b', '1.0.0', { aliases: ['a'] }))).toThrow(TemplateExistsError)
    expect(() => registry.register(make('x'))).toThrow('the name "x" is an alias of a')
    expect(registry.has('b') || registry.has('y')).toBe(false)
  })
})

describe('listing and searching', () => {
  const registry = new TemplateRegistry().register(
    make('http.request', '1.0.0', { category: 'http', tags: ['web', 'fetch'], kind: 'action', description: 'Calls an address and gives the answer.' }),
    make('http.download', '1.0.0', { category: 'http', tags: ['file'], kind: 'action', description: 'Saves what a request gives.' }),
    make('file.read', '1.0.0', { category: 'file', tags: ['file'], description: 'Reads a file.' }),
    make('file.read', '1.1.0', { category: 'file', tags: ['file'], description: 'Reads a file.' }),
    make('score-lead', '1.0.0', { description: 'Scores a lead by its HTTP requests.' }),
  )
  const names = (templates: readonly AnyTemplate[]): string[] => templates.map(({ meta }) => meta.name)

  test('lists the highest version of each, by name, and filters by category, kind and tag', () => {
    expect(registry.list().map(label)).toEqual(['file.read@1.1.0', 'http.download@1.0.0', 'http.request@1.0.0', 'score-lead@1.0.0'])
    expect(names(registry.list({ category: 'http' }))).toEqual(['http.download', 'http.request'])
    expect(names(registry.list({ kind: 'action', tag: 'file' }))).toEqual(['http.download'])
    expect(registry.versions('file.read')).toEqual(['1.1.0', '1.0.0'])
    expect([...registry.categories()]).toEqual([['', ['score-lead']], ['file', ['file.read']], ['http', ['http.download', 'http.request']]])
  })

  test('a match in the name comes before one in a tag, and that before one in the description', () => {
    expect(names(registry.search('request'))).toEqual(['http.request', 'http.download', 'score-lead'])
    expect(names(registry.search('FILE'))).toEqual(['file.read', 'http.download'])
    expect(names(registry.search('http.request'))[0]).toBe('http.request')
  })

  test('every word must match', () => {
    expect(names(registry.search('http file'))).toEqual(['http.download'])
    expect(registry.search('http zebra')).toEqual([])
  })
})
