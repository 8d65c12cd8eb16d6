// No statement of the writer or of the reader goes through all runs or all of the journal: SQLite is asked how it would run
// each, on an empty store, on a filled one that was never analysed, and on a filled one that was.
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunFilter } from '../../../src/store/port.ts'
import { migrate } from '../../../src/store/sqlite/migrations.ts'
import { BLOB_SQL, READER_SQL } from '../../../src/store/sqlite/reads.ts'
import { listQuery } from '../../../src/store/sqlite/run-list.ts'
import { RECORD_SQL, WRITER_SQL } from '../../../src/store/sqlite/statements.ts'
import { workflowQuery } from '../../../src/store/sqlite/workflow-reads.ts'

const FILL = `
  insert into spaces (id) values (0), (1), (2);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
  insert into workflows (space, name, status, version, created_at, updated_at, by_whom) select i % 3, 'w' || i, 'enabled', 'h', i, i, 'a' from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
  insert into runs (no, space, run, workflow, version, input, created_at, gen, status, output, finished_at, wake_at, lane, epoch, inbox_count, unread, crashes)
  select i, i % 3, printf('%08x', i), 'w' || (i % 7), '1', 'j:1', i, 1, case when i % 10 = 0 then 'waiting' when i % 10 = 1 then 'running' when i % 10 = 2 then 'failed' else 'completed' end,
    null, case when i % 10 > 1 then i + 5 end, case when i % 10 = 0 then i end, case when i % 10 = 1 then 'main' end, case when i % 10 = 1 then 1 end, i % 20 = 0, i % 20 = 0, 0 from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 15000)
  insert into journal (run_no, gen, path, seq, kind, status, level, attempt, started_at, finished_at, checksum)
  select 1 + i / 3, 1, 's' || (i % 3), i % 3, 'step', 'completed', 'effect', 1, i, i, i from n;
`

const filters: readonly RunFilter[] = [
  {}, { workflow: 'w1' }, { since: 5, until: 9000 }, { status: ['running'] }, { status: ['waiting', 'parked'], workflow: 'w1' }, { status: ['failed'] }, { status: ['completed', 'failed'] },
]

const statements: readonly (readonly [string, string])[] = [
  ...Object.entries(WRITER_SQL),
  ...RECORD_SQL.slice(0, 1).map((sql) => ['insert of a record', sql] as const),
  ...Object.entries(READER_SQL),
  ...Object.entries(BLOB_SQL).map(([name, sql]) => [`blobs of ${name}`, sql] as const),
  ...[{}, { after: 'w', prefix: 'w', text: 'w', status: ['enabled'] as const }].map((filter) => [`list of workflows ${JSON.stringify(filter)}`, workflowQuery({ space: 0, ...filter }, 51).sql] as const),
  ...filters.flatMap((filter) => [undefined, { createdAt: 4000, no: 4000 }].map((cursor) => [`list ${JSON.stringify(filter)}${cursor === undefined ? '' : ', next page'}`, listQuery(0, filter, cursor, 51).sql] as const)),
]

describe.each(['empty', 'filled', 'filled and analysed'])('on a store that is %s', (state) => {
  let database: DatabaseSync
  beforeAll(() => {
    database = new DatabaseSync(':memory:')
    migrate(database, ':memory:')
    if (state !== 'empty') database.exec(FILL)
    if (state === 'filled and analysed') database.exec('analyze')
  })
  afterAll(() => database.close())

  const plan = (sql: string): readonly string[] => database.prepare(`explain query plan ${sql}`).all().map(({ detail }) => String(detail))

  test.each(statements)('%s scans neither runs nor the journal', (_name, sql) => {
    for (const step of plan(sql)) expect(step).not.toMatch(/^SCAN (runs|journal|inbox|marks|keys|workflows|workflow_versions)\b(?!.*USING INDEX runs_(due|mail))/)
  })

  test.each(statements.filter(([name]) => /^(dueRuns|mailedRuns|nextMail|nextWake|oldRuns|list)/.test(name)))('%s finds its order in an index', (_name, sql) => {
    expect(plan(sql).join('\n')).not.toContain('TEMP B-TREE')
  })

  test('whether a workflow has live runs is asked of the live runs alone', () => {
    expect(plan(WRITER_SQL.liveRun).join()).toContain('USING INDEX runs_live')
  })

  test('the check itself would notice', () => {
    expect(plan('select * from runs where version = ?').join()).toMatch(/SCAN runs/)
    expect(plan('select run from runs where space = ? order by version').join()).toContain('TEMP B-TREE')
  })
})
