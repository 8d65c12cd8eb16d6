// The reading end of an SQLite store, in the reader thread. Each read is one short transaction on one snapshot: a reader
// that stays would keep the write-ahead log from being emptied.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { blobOf } from '../../model/payload.ts'
import type { VersionSummary, WorkflowKey, WorkflowRow, WorkflowVersion } from '../../model/definition.ts'
import type { Mail, RunKey, RunKind, RunRow, Space } from '../../model/run.ts'
import type { LoadedRun, RunFilter, RunPage } from '../port.ts'
import type { WorkflowFilter, WorkflowPage } from '../workflows-port.ts'
import type { Piece } from './calls.ts'
import { listRuns } from './run-list.ts'
import { RUN_COLUMNS, generationFrom, mailFrom, markFrom, recordFrom, runFrom } from './rows.ts'
import { listWorkflows } from './workflow-reads.ts'
import { definitionFrom, versionFrom, versionSummaryFrom, workflowFrom } from './workflow-rows.ts'

/** Rows looked at for blobs per read. */
const PIECE = 10_000

const BLOB = (column: string): string => `${column} >= 'b:' and ${column} < 'b;'`

/** What the reader runs, by name. */
export const READER_SQL = {
  findRun: `select no, ${RUN_COLUMNS} from runs where run = ? and space = ?`,
  journal: 'select * from journal where run_no = ? order by gen, seq',
  marks: 'select * from marks where run_no = ? order by id',
  inbox: 'select * from inbox where run_no = ? order by number',
  inboxAfter: 'select inbox.* from runs join inbox on inbox.run_no = runs.no where runs.run = ? and runs.space = ? and inbox.number > ? order by inbox.number',
  generations: 'select * from generations where run_no = ? order by gen',
  findKey: 'select run, hash from keys where space = ? and key = ?',
  definition: 'select * from definitions where hash = ?',
  findWorkflow: 'select * from workflows where space = ? and name = ?',
  versions: 'select hash, format, created_at, by_whom from workflow_versions where space = ? and name = ? order by id desc',
  version: 'select * from workflow_versions where space = ? and name = ? and hash = ?',
  findRuns: `select ${RUN_COLUMNS} from runs where (run, space) in (select value ->> 0, value ->> 1 from json_each(?))`,
  kinds: `select distinct queue, workflow, version from runs where space in (select id from spaces) and finished_at is null`,
  nextMail: 'select 0 as wake from runs where lane is null and finished_at is null and unread > 0 order by coalesce(wake_at, 0), no limit 1',
  nextWake: `select coalesce(wake_at, 0) as wake from runs where lane is null and status in ('running', 'waiting') order by coalesce(wake_at, 0), no limit 1`,
} as const

/** Rows of one table that name blobs, by row number. */
export const BLOB_SQL = {
  runs: `select input as a, output as b from runs where no > ? and no <= ? and (${BLOB('input')} or ${BLOB('output')})`,
  journal: `select input as a, output as b from journal where id > ? and id <= ? and (${BLOB('input')} or ${BLOB('output')})`,
  inbox: `select body as a, null as b from inbox where id > ? and id <= ? and ${BLOB('body')}`,
} as const

const LAST_SQL = { runs: 'select max(no) as last from runs', journal: 'select max(id) as last from journal', inbox: 'select max(id) as last from inbox' } as const

/** Reads of one connection. */
export class Reads {
  readonly #database: DatabaseSync
  readonly #sql: Readonly<Record<keyof typeof READER_SQL, StatementSync>>

  constructor(database: DatabaseSync) {
    this.#database = database
    // The entries are those of READER_SQL, which fromEntries cannot express.
    this.#sql = Object.fromEntries(Object.entries(READER_SQL).map(([name, sql]) => [name, database.prepare(sql)])) as Record<keyof typeof READER_SQL, StatementSync>
  }

  load(key: RunKey): LoadedRun | undefined {
    return this.#snapshot(() => {
      const row = this.#sql.findRun.get(key.run, key.space)
      if (row === undefined) return undefined
      const no = Number(row['no'])
      return {
        run: runFrom(row),
        journal: this.#sql.journal.all(no).map((record) => recordFrom(record, key)),
        marks: this.#sql.marks.all(no).map((mark) => markFrom(mark, key)),
        mail: this.#sql.inbox.all(no).map((mail) => mailFrom(mail, key)),
        generations: this.#sql.generations.all(no).map((generation) => generationFrom(generation, key)),
      }
    })
  }

  mail(key: RunKey, after: number): readonly Mail[] {
    return this.#sql.inboxAfter.all(key.run, key.space, after).map((mail) => mailFrom(mail, key))
  }

  getRun(key: RunKey): RunRow | undefined {
    const row = this.#sql.findRun.get(key.run, key.space)
    return row === undefined ? undefined : runFrom(row)
  }

  getRuns(keys: readonly RunKey[]): readonly RunRow[] {
    return this.#sql.findRuns.all(JSON.stringify(keys.map(({ space, run }) => [run, space]))).map(runFrom)
  }

  kinds(): readonly RunKind[] {
    return this.#sql.kinds.all().map(({ queue, workflow, version }) => ({ queue: String(queue), workflow: String(workflow), version: String(version) }))
  }

  listRuns(filter: RunFilter): RunPage {
    return this.#snapshot(() => listRuns(this.#database, filter))
  }

  findKey(space: Space, key: string): { readonly run: string; readonly hash: string } | undefined {
    const row = this.#sql.findKey.get(space, key)
    return row === undefined ? undefined : { run: String(row['run']), hash: String(row['hash']) }
  }

  definition(hash: string): string | undefined {
    const row = this.#sql.definition.get(hash)
    return row === undefined ? undefined : definitionFrom(row)
  }

  listWorkflows(filter: WorkflowFilter): WorkflowPage {
    return listWorkflows(this.#database, filter)
  }

  getWorkflow({ space, name }: WorkflowKey): WorkflowRow | undefined {
    const row = this.#sql.findWorkflow.get(space, name)
    return row === undefined ? undefined : workflowFrom(row)
  }

  workflowVersions({ space, name }: WorkflowKey): readonly VersionSummary[] {
    return this.#sql.versions.all(space, name).map(versionSummaryFrom)
  }

  workflowVersion({ space, name }: WorkflowKey, hash: string): WorkflowVersion | undefined {
    const row = this.#sql.version.get(space, name, hash)
    return row === undefined ? undefined : versionFrom(row)
  }

  nextWake(): number | null {
    const row = this.#sql.nextMail.get() ?? this.#sql.nextWake.get()
    return row === undefined ? null : Number(row['wake'])
  }

  /** The blobs that some rows of a table name, from a row number on. */
  blobReferences(table: keyof typeof BLOB_SQL, from: number): Piece<string> {
    return this.#snapshot(() => {
      const last = Number(this.#database.prepare(LAST_SQL[table]).get()?.['last'])
      const found = new Set<string>()
      for (const row of this.#database.prepare(BLOB_SQL[table]).all(from, from + PIECE)) {
        for (const payload of [row['a'], row['b']]) {
          const reference = typeof payload === 'string' ? blobOf(payload) : undefined
          if (reference !== undefined) found.add(reference.blob)
        }
      }
      return { found: [...found], next: from + PIECE < last ? from + PIECE : null }
    })
  }

  /** Runs `read` on one snapshot. */
  #snapshot<T>(read: () => T): T {
    this.#database.exec('begin')
    try {
      return read()
    } finally {
      this.#database.exec('commit')
    }
  }
}
