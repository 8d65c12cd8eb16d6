// Spreading executions over instances, and templates whose code comes later.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { DefinitionError } from '../errors.ts'
import { defineTemplate } from './define.ts'
import { lazy } from './lazy.ts'
import { loadBalance } from './load-balance.ts'

const definition = { name: 'ask', version: '1.0.0', description: 'Asks a host.', input: z.object({ of: z.string() }), output: z.string() }
const ask = defineTemplate({ ...definition, config: z.object({ host: z.string(), takes: z.number().default(0) }), execute: async (_, _context, { host, takes }) => {
  await new Promise((resolve) => { setTimeout(resolve, takes) })
  return host
} })
const [a, b] = [ask.configure({ host: 'a' }), ask.configure({ host: 'b' })]
const times = async (template: typeof a, count: number, of = (index: number) => String(index)): Promise<string> => {
  let all = ''
  for (let index = 0; index < count; index++) all += await template({ of: of(index) })
  return all
}

test('T5: one after the other, by weight and evenly, by key, and to the one with the fewest at work', async () => {
  expect(await times(loadBalance([a, b]), 5)).toBe('ababa')
  expect(await times(loadBalance([a, b], { strategy: 'weighted', weights: [3, 1] }), 8)).toBe('aabaaaba')
  const sticky = loadBalance([a, b], { strategy: 'sticky', key: ({ of }) => of })
  const chosen = await Promise.all(Array.from({ length: 40 }, (_, index) => sticky({ of: String(index) })))
  expect(new Set(chosen)).toEqual(new Set(['a', 'b']))
  expect(await Promise.all(chosen.map((_, index) => sticky({ of: String(index) })))).toEqual(chosen)
  const least = loadBalance([ask.configure({ host: 'slow', takes: 50 }), b], { strategy: 'leastBusy' })
  const first = least({ of: '' })
  expect(await times(least, 3)).toBe('bbb')
  expect(await first).toBe('slow')
})

test('instances that are not the same, and options that belong elsewhere, are refused', () => {
  const other = defineTemplate({ ...definition, name: 'other', execute: () => '' })
  for (const work of [() => loadBalance([]), () => loadBalance([a, other]), () => loadBalance([a], { strategy: 'random' as never }), () => loadBalance([a], { weights: [1] }), () => loadBalance([a, b], { strategy: 'weighted', weights: [1] }), () => loadBalance([a], { strategy: 'sticky' })]) {
    expect(work).toThrow(DefinitionError)
  }
})

test('lazy: the code is loaded once, when it is first executed, again after a failure, and must be what was said', async () => {
  let [loads, isThere] = [0, false]
  const real = defineTemplate({ ...definition, execute: ({ of }) => `${of}!` })
  const later = lazy({ ...definition, load: () => (loads++, isThere ? Promise.resolve({ default: real }) : Promise.reject(new Error('not yet'))) })
  expect([later.meta.name, loads]).toEqual(['ask', 0])
  await expect(later({ of: 'x' })).rejects.toThrow('not yet')
  isThere = true
  expect([...(await Promise.all([later({ of: 'x' }), later({ of: 'y' })])), loads]).toEqual(['x!', 'y!', 2])
  const wrong = lazy({ ...definition, version: '2.0.0', load: () => Promise.resolve(real) })
  await expect(wrong({ of: 'x' })).rejects.toThrow('what was loaded is ask@1.0.0')
  expect(() => lazy({ ...definition, load: 7 as never })).toThrow(DefinitionError)
})
