// Runs that are asked for in one turn are read together, and each is still its own: with its own rows, and its own damage.
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { PayloadCorruptError } from '../../../src/errors.ts'
import { postgresStore, type PostgresStore } from '../../../src/store/postgres/index.ts'
import { finish, keyOf, mark, record, refused, send, start } from '../../../src/testing/store-cases/samples.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

/** More than are read in one go. */
const MANY = 230

describePostgres('loading runs of a PostgreSQL store together', () => {
  let at: ReturnType<typeof makeSchema>
  let store: PostgresStore

  beforeEach(async () => {
    at = makeSchema()
    store = await postgresStore({ url: at.url, schema: at.schema, lane: 'a' })
    onTestFinished(async () => {
      await store.close()
      await at.drop()
    })
  })

  test('each comes with its own rows, one that is not there is undefined, and one that is asked for twice comes twice', async () => {
    const lane = await store.openLane()
    await lane.flush([start(1), record(1, 1), record(1, 2), mark(1), start(2), send(2, 'm'), start(3), record(3, 1), finish(3)])
    const keys = [3, 1, 99, 2, 1].map((number) => keyOf(number))
    const together = await Promise.all(keys.map((key) => store.load(key)))
    const alone = []
    for (const key of keys) alone.push(await store.load(key))
    expect(together).toEqual(alone)
    expect(together.map((loaded) => loaded && [loaded.journal.length, loaded.marks.length, loaded.mail.length])).toEqual([[1, 0, 0], [2, 1, 0], undefined, [0, 0, 1], [2, 1, 0]])
    expect(together.map((loaded) => loaded?.run.run)).toEqual(keys.map(({ run }) => (run === keyOf(99).run ? undefined : run)))
  })

  test('one that is damaged is refused alone', async () => {
    const lane = await store.openLane()
    await lane.flush([start(1), record(1, 1), start(2), record(2, 1)])
    await at.query(`update journal set output = 'j:3' where run_no = 1`)
    const [damaged, whole] = [store.load(keyOf(1)), store.load(keyOf(2))]
    await refused(damaged, PayloadCorruptError)
    expect((await whole)?.journal.length).toBe(1)
  })

  test('more than are read in one go all come', async () => {
    const lane = await store.openLane()
    const numbers = Array.from({ length: MANY }, (_, index) => index + 1)
    await lane.flush(numbers.flatMap((number) => [start(number), record(number, 1)]))
    const loaded = await Promise.all(numbers.map((number) => store.load(keyOf(number))))
    expect(loaded.map((run) => run?.run.run)).toEqual(numbers.map((number) => keyOf(number).run))
    expect(loaded.every((run) => run?.journal.length === 1)).toBe(true)
  })
})
