// What was changed by hand, or by a failing disk, is found: by the read that needs the row, and by the check of the whole store.
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { PayloadCorruptError } from '../../../src/errors.ts'
import { postgresStore, type PostgresStore } from '../../../src/store/postgres/index.ts'
import { collect, finish, keyOf, record, refused, release, runId, saveWorkflow, send, start, startWithKey } from '../../../src/testing/store-cases/samples.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

describePostgres('damage to a PostgreSQL store', () => {
  let at: ReturnType<typeof makeSchema>
  let store: PostgresStore

  beforeEach(async () => {
    at = makeSchema()
    store = await postgresStore({ url: at.url, schema: at.schema, lane: 'a' })
    onTestFinished(async () => {
      await store.close()
      await at.drop()
    })
    const lane = await store.openLane()
    await lane.flush([
      startWithKey(1, 'k'), record(1, 1), record(1, 2), send(1, 'm'), start(2), finish(2), start(3), release(3), saveWorkflow('h1'),
      { op: 'definition', hash: 'd1', workflow: 'onboard', body: '{"name":"onboard"}', at: 1 },
    ])
    expect(await collect(store.check())).toEqual([])
  })

  test.each([
    ['output', `output = 'j:3'`], ['path', `path = 'other'`], ['seq', 'seq = 7'], ['status', `status = 'failed'`], ['template', 'template = null'],
    ['two texts that moved', `template = 'enrich1', template_version = '.2.0'`],
  ])('a record with another %s is not read, and its run and path are named', async (_, change) => {
    await at.query(`update journal set ${change} where path = 'step2'`)
    const thrown = await refused(store.load(keyOf(1)), PayloadCorruptError)
    expect(thrown.details).toMatchObject({ run: runId(1), gen: 1 })
    expect((await collect(store.check())).map(({ code, run }) => [code, run])).toEqual([['RECORD_DAMAGED', runId(1)]])
    expect((await store.getRun(keyOf(1)))?.status).toBe('running')
  })

  test('a definition and a version with other texts are not read', async () => {
    await at.query(`update definitions set body = '{}'; update workflow_versions set source = 'x'`)
    await refused(store.definition('d1'), PayloadCorruptError)
    await refused(store.workflowVersion({ space: 0, name: 'onboard' }, 'h1'), PayloadCorruptError)
    expect((await collect(store.check())).map(({ code }) => code)).toEqual(['VERSION_DAMAGED', 'DEFINITION_DAMAGED'])
  })

  test.each([
    ['INBOX_COUNT', 'update runs set unread = 0 where no = 1', runId(1)],
    ['JOURNAL_GAP', `delete from journal where path = 'step1'`, runId(1)],
    ['KEY_WITHOUT_RUN', `update keys set run = 'gone'`, 'gone'],
    ['RUN_WITHOUT_LANE', `update runs set epoch = 99 where no = 1`, runId(1)],
    ['RUN_STATE', 'delete from run_ends', runId(2)],
    ['RUN_STATE', 'insert into run_ends select no, space, 3, 1, $$failed$$, null, null, 5, 0, 0, 0 from runs where no = 3', runId(3)],
    ['ROW_WITHOUT_RUN', 'update inbox set run_no = 77; update runs set inbox_count = 0, unread = 0', null],
    ['WORKFLOW_WITHOUT_VERSION', `update workflows set version = 'h9'`, null],
    ['VERSION_WITHOUT_WORKFLOW', 'delete from workflows', null],
    ['WORKFLOW_STATUS', `update workflows set status = 'odd'`, null],
  ])('the check finds %s after: %s', async (code, sql, run) => {
    await at.query(sql)
    expect((await collect(store.check())).map((finding) => [finding.code, finding.run])).toEqual([[code, run]])
  })
})
