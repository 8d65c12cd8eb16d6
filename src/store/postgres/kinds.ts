// Kinds of runs by number, as a lane knows them: a run's row carries the number, so that claims find its kind in an index.
import type pg from 'pg'
import type { RunKind } from '../../model/run.ts'
import type { StoreOp } from '../port.ts'
import { text } from './rows.ts'
import type { Row } from './rows.ts'
import { stored } from './text.ts'

/** The number that no kind has. */
const NONE = 0

/** Looks numbers up that are known. */
export interface KindIds {
  /** The number of a kind; 0 for one that nobody has used. */
  idOf(kind: RunKind): number
}

/** All kinds that this process has met. Rows of kinds are never changed, so what is known stays true. */
export class Kinds implements KindIds {
  readonly #ids = new Map<string, number>()
  readonly #kinds = new Map<number, RunKind>()
  /** The kind that was asked for last: nearly always it is the next one too. */
  #last: RunKind | null = null
  #lastId = NONE

  idOf(kind: RunKind): number {
    const last = this.#last
    if (last !== null && last.workflow === kind.workflow && last.version === kind.version && last.queue === kind.queue) return this.#lastId
    const id = this.#ids.get(nameOf(kind)) ?? NONE
    if (id === NONE) return NONE
    this.#last = kind
    this.#lastId = id
    return id
  }

  kindOf(id: number): RunKind | undefined {
    return this.#kinds.get(id)
  }

  /** Gives every kind that the operations start runs of, or move them to, a row, if it has none: true when one was given. Texts that no store takes are passed over. */
  async prepare(client: pg.ClientBase, ops: readonly StoreOp[]): Promise<boolean> {
    let isNew = false
    for (const op of ops) {
      const kind = kindOf(op)
      if (kind !== undefined && this.idOf(kind) === NONE && isStorable(kind)) {
        await this.#add(client, kind)
        isNew = true
      } else if (op.op === 'claim' && op.kinds?.some((kind) => this.idOf(kind) === NONE) === true) await this.refresh(client)
    }
    return isNew
  }

  /** True when the kinds that the operations name are all known. */
  covers(ops: readonly StoreOp[]): boolean {
    return ops.every((op) => this.#isKnown(kindOf(op)) && (op.op !== 'claim' || op.kinds?.every((kind) => this.idOf(kind) !== NONE) !== false))
  }

  #isKnown(kind: RunKind | undefined): boolean {
    return kind === undefined || this.idOf(kind) !== NONE
  }

  /** Reads the kinds that came since; gives all. */
  async refresh(client: pg.ClientBase | pg.Pool): Promise<readonly RunKind[]> {
    const { rows } = await client.query<Row>('select id, queue, workflow, version from run_kinds')
    for (const row of rows) this.#learn(row['id'] as number, { queue: text(row, 'queue'), workflow: text(row, 'workflow'), version: text(row, 'version') })
    return [...this.#kinds.values()]
  }

  async #add(client: pg.ClientBase, { queue, workflow, version }: RunKind): Promise<void> {
    const names = [stored(queue), stored(workflow), stored(version)]
    await client.query('insert into run_kinds (queue, workflow, version) values ($1, $2, $3) on conflict do nothing', names)
    const { rows } = await client.query<{ id: number }>('select id from run_kinds where queue = $1 and workflow = $2 and version = $3', names)
    if (rows[0] !== undefined) this.#learn(rows[0].id, { queue, workflow, version })
  }

  #learn(id: number, kind: RunKind): void {
    this.#ids.set(nameOf(kind), id)
    this.#kinds.set(id, kind)
  }
}

/** The kind that an operation gives a run. */
function kindOf(op: StoreOp): RunKind | undefined {
  return op.op === 'start' ? op.run : op.op === 'migrate' ? op.to : undefined
}

function isStorable({ queue, workflow, version }: RunKind): boolean {
  return [queue, workflow, version].every((name) => typeof name === 'string' && name.isWellFormed())
}

function nameOf({ queue, workflow, version }: RunKind): string {
  return JSON.stringify([queue, workflow, version])
}
