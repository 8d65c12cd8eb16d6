import { expect, test, vi } from 'vitest'
import { DefinitionError, ServiceNotFoundError } from '../errors.ts'
import { serviceToken, services } from './services.ts'

const Mailer = serviceToken<{ readonly name: string }>('mailer')
const Report = serviceToken<{ readonly by: string }>('report')

test('a service is found by its token, and by another token of its name', () => {
  const container = services().provide(Mailer, { name: 'smtp' })
  expect(container.get(Mailer)).toEqual({ name: 'smtp' })
  expect(container.get(serviceToken<{ readonly name: string }>('mailer'))).toEqual({ name: 'smtp' })
  expect(container.names()).toEqual(['mailer'])
})

test('a missing service names the nearest and all there are', () => {
  const container = services().provide(Mailer, { name: 'smtp' })
  expect(() => container.get(serviceToken('mailr'))).toThrow(ServiceNotFoundError)
  expect(() => container.get(serviceToken('mailr'))).toThrow('there is no service "mailr". Did you mean "mailer"? There are: mailer')
})

test('a container that is in use never changes', () => {
  const empty = services()
  const full = empty.provide(Mailer, { name: 'smtp' })
  const replaced = full.replace(Mailer, { name: 'fake' })
  expect([empty.has(Mailer), full.get(Mailer).name, replaced.get(Mailer).name]).toEqual([false, 'smtp', 'fake'])
})

test('providing twice and replacing nothing are refused', () => {
  expect(() => services().provide(Mailer, { name: 'a' }).provide(Mailer, { name: 'b' })).toThrow(DefinitionError)
  expect(() => services().replace(Mailer, { name: 'a' })).toThrow(ServiceNotFoundError)
  expect(() => serviceToken(' ')).toThrow(DefinitionError)
})

test('a lazy service is made once, when it is asked for', () => {
  const make = vi.fn(() => ({ name: 'smtp' }))
  const container = services().provideLazy(Mailer, make)
  expect(make).not.toHaveBeenCalled()
  expect(container.get(Mailer)).toBe(container.get(Mailer))
  expect(make).toHaveBeenCalledOnce()
})

test('what is built on a replaced service is built on the replacement', () => {
  const live = services().provide(Mailer, { name: 'smtp' }).provideLazy(Report, (all) => ({ by: all.get(Mailer).name }))
  expect(live.get(Report).by).toBe('smtp')
  expect(live.replace(Mailer, { name: 'fake' }).get(Report).by).toBe('fake')
})

test('services that need each other are refused with their circle', () => {
  const circle = services().provideLazy(Mailer, (all) => ({ name: all.get(Report).by })).provideLazy(Report, (all) => ({ by: all.get(Mailer).name }))
  expect(() => circle.get(Mailer)).toThrow('mailer → report → mailer')
})
