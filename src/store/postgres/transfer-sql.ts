// The statements of a transfer into PostgreSQL: how each canonical table is written and read back. Rows go over as arrays, a batch a
// statement, in the order in which they came, so that numbers which the server gives out rise with it.
import { withoutPassword } from '../../shared/postgres-url.ts'
import { TABLE_NAMES, TRANSFER_TABLES } from '../transfer.ts'
import type { TransferTable } from '../transfer.ts'

export const DEFAULT_SCHEMA = 'wumbo'
/** The state of a lock that others keep for too long. */
export const LOCK_NOT_AVAILABLE = '55P03'
const LOCK_MS = 5000

/** For the transaction of a transfer, which may take as long as it takes. */
export const TRANSFER_SETTINGS_SQL = `set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local lock_timeout = ${LOCK_MS}`

/** Workers whose lease holds. */
export const LIVE_WORKERS_SQL = 'select id from lanes where is_open and lease_until >= clock_timestamp() limit 1'

/** A store for people: its address without password, and its schema where it is not the usual one. */
export function shownWith({ url, schema }: { readonly url: string; readonly schema: string }): string {
  const shown = withoutPassword(url)
  return schema === DEFAULT_SCHEMA ? shown : `${shown}${shown.includes('?') ? '&' : '?'}schema=${schema}`
}

/** Everything that must be empty before, and is locked meanwhile. */
export const FILLED_TABLES = ['spaces', 'definitions', 'workflows', 'workflow_versions', 'run_starts', 'runs', 'run_ends', 'journal', 'marks', 'inbox', 'generations', 'keys', 'events', 'listeners', 'blobs'] as const

/** The columns that are computed on the way in, after the canonical ones, and where they go. */
export const CHECKSUM_TYPES: Partial<Record<TransferTable, 'text' | 'whole'>> = { definitions: 'text', workflow_versions: 'text', journal: 'whole' }

const SQL_TYPES = { text: 'text', whole: 'bigint' } as const

/** Rows as the server sees them: `k`, with their position in `at_row`. */
function incoming(table: TransferTable): string {
  const checksum = CHECKSUM_TYPES[table]
  const columns = [...Object.entries(TRANSFER_TABLES[table]), ...(checksum === undefined ? [] : [['checksum', checksum] as const])]
  return `unnest(${columns.map(([, type], index) => `$${index + 1}::${SQL_TYPES[type]}[]`).join(', ')}) with ordinality as k(${columns.map(([name]) => name).join(', ')}, at_row)`
}

function plain(table: TransferTable, without: readonly string[] = []): string {
  const names = [...Object.keys(TRANSFER_TABLES[table]).filter((name) => !without.includes(name)), ...(CHECKSUM_TYPES[table] === undefined ? [] : ['checksum'])].join(', ')
  return `insert into ${table} (${names}) select ${names} from ${incoming(table)} order by at_row`
}

const START = 'no, space, run, workflow, version, queue, input, created_at, deadline, key'
const LIVE = 'no, space, run, created_at, gen, status, error, wake_at, inbox_count, unread, crashes'
const END = 'no, space, created_at, gen, status, output, error, finished_at, inbox_count, unread, crashes'

/** How a batch is written. */
export const WRITE_SQL: Readonly<Record<TransferTable, string>> = {
  spaces: plain('spaces'),
  definitions: plain('definitions'),
  workflows: plain('workflows'),
  workflow_versions: plain('workflow_versions'),
  // A run is three rows here: see migrations/0001-initial.ts. Its kind has been given a number before.
  runs: `
    with k as materialized (select * from ${incoming('runs')}),
    starts as (insert into run_starts (${START}) select ${START} from k order by no),
    lives as (
      insert into runs (kind, ${LIVE}) select (select q.id from run_kinds q where q.queue = k.queue and q.workflow = k.workflow and q.version = k.version), ${LIVE}
      from k where finished_at is null order by no
    )
    insert into run_ends (${END}) select ${END} from k where finished_at is not null order by no`,
  journal: plain('journal', ['space', 'run']),
  marks: plain('marks'),
  inbox: plain('inbox'),
  generations: plain('generations'),
  // A key may have outlived its run; then it carries a number that no start has.
  keys: `
    insert into keys (space, key, run, run_no, hash, created_at, expires_at)
    select k.space, k.key, k.run, coalesce((select s.no from run_starts s where s.run = k.run and s.space = k.space), 0), k.hash, k.created_at, k.expires_at
    from ${incoming('keys')} order by at_row`,
  events: plain('events'),
  listeners: plain('listeners'),
}

/** The kinds of runs that a batch brings. */
export const KINDS_SQL = `
  insert into run_kinds (queue, workflow, version) select distinct * from unnest($1::text[], $2::text[], $3::text[]) as k(queue, workflow, version) on conflict do nothing`

const ORDER: Readonly<Record<TransferTable, string>> = {
  spaces: 'id', definitions: 'hash', workflows: 'space, name', workflow_versions: 'id', runs: 'no', journal: 'run_no, gen, path', marks: 'id', inbox: 'run_no, number',
  generations: 'run_no, gen', keys: 'space, key', events: 'no',
  listeners: `run_no, topic collate "C", key collate "C"`,
}

const READ_FROM: Partial<Record<TransferTable, string>> = {
  runs: 'run_rows',
  journal: '(select s.space, s.run, j.* from journal j join run_starts s on s.no = j.run_no) j',
}

/** A run that has an owner, whose lease has run out, is given as its next owner would find it. */
const EXPRESSIONS: Partial<Record<TransferTable, Readonly<Record<string, string>>>> = {
  runs: { wake_at: 'case when lane is null then wake_at end', crashes: 'crashes + (lane is not null)::integer' },
}

/** How a table is read back: canonical columns, then the checksum if there is one. */
export const READ_SQL = Object.fromEntries(TABLE_NAMES.map((table) => {
  const columns = [...Object.keys(TRANSFER_TABLES[table]), ...(CHECKSUM_TYPES[table] === undefined ? [] : ['checksum'])]
  return [table, `select ${columns.map((column) => EXPRESSIONS[table]?.[column] ?? column).join(', ')} from ${READ_FROM[table] ?? table} order by ${ORDER[table]}`]
})) as Readonly<Record<TransferTable, string>>

/** What the store remembers of moves into it; made by the first. */
export const MOVES_SQL = {
  create: 'create table if not exists moves (id text primary key, source text not null, at bigint not null)',
  add: 'insert into moves (id, source, at) values ($1, $2, $3)',
  find: 'select 1 from moves where id = $1',
  isThere: `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'moves'`,
} as const
