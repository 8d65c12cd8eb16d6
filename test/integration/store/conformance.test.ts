// Every store does what the port says.
import { describe, test } from 'vitest'
import { storeConformance } from '../../../src/testing/store-conformance.ts'
import { memoryFactory, postgresFactory, sharedMemoryFactory, sqliteFactory } from './factories.ts'
import { describePostgres } from './postgres-server.ts'

describe('the memory store', () => {
  for (const { name, run } of storeConformance(memoryFactory)) test(name, run)
})

describe('the shared memory store', () => {
  for (const { name, run } of storeConformance(sharedMemoryFactory)) test(name, run)
})

describe('the SQLite store', () => {
  for (const { name, run } of storeConformance(sqliteFactory)) test(name, run)
})

describePostgres('the PostgreSQL store', () => {
  for (const { name, run } of storeConformance(postgresFactory)) test(name, run)
})
