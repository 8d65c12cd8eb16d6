// Every store does what the port says.
import { describe, test } from 'vitest'
import { storeConformance } from '../../../src/testing/store-conformance.ts'
import { memoryFactory, sqliteFactory } from './factories.ts'

describe('the memory store', () => {
  for (const { name, run } of storeConformance(memoryFactory)) test(name, run)
})

describe('the SQLite store', () => {
  for (const { name, run } of storeConformance(sqliteFactory)) test(name, run)
})
