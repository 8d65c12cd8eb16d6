// A store for the simulation of transaction steps: the memory store, with bodies that run beside it in either way. What such a body writes is
// its line in the world's log; a record of it is one flush, so deaths fall before and after the commit.
import { StoreFailedError, errorData } from '../../src/errors.ts'
import { defaultCodec } from '../../src/shared/codec.ts'
import { seededRandom, type Random } from '../../src/shared/random.ts'
import type { FlushResult, Lane, OpAnswer, Store, StoreOp } from '../../src/store/port.ts'
import type { OpenTransaction, StoreTransactions, TransactOp } from '../../src/store/transactions-port.ts'
import type { AnyTemplate } from '../../src/template/contract.ts'

/** The templates of the process at hand by name. */
export type Bodies = Map<string, AnyTemplate>

/** Gives a memory store transactions in one of the two ways. */
export function transacting(store: Store, { way, bodies, seed }: { readonly way: StoreTransactions['way']; readonly bodies: Bodies; readonly seed: number }): Store {
  const random = seededRandom(seed)
  const queue = new Queue()
  let lane: Lane | null = null
  const transactions: StoreTransactions = way === 'flushed'
    ? { way, prepare: () => Promise.resolve() }
    : { way, begin: ({ signal }) => Promise.resolve(openTransaction({ signal, random, commit: (op) => queue.flush(lane, [op]) })) }
  return {
    ...store,
    kind: way === 'flushed' ? 'sqlite' : 'postgres',
    transactions,
    async openLane(options) {
      const inner = await store.openLane(options)
      lane = inner
      return new Proxy(inner, {
        get(target, property) {
          if (property === 'flush') return (ops: readonly StoreOp[]) => queue.flush({ flush: (all: readonly StoreOp[]) => carryOut(target, all, bodies) }, ops)
          const value: unknown = Reflect.get(target, property, target)
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
        },
      })
    },
  }
}

/** A lane takes one flush at a time; a transaction that commits is one more writer. */
class Queue {
  #last: Promise<unknown> = Promise.resolve()

  flush(lane: Pick<Lane, 'flush'> | null, ops: readonly StoreOp[]): Promise<FlushResult> {
    const turn = this.#last.then(() => lane?.flush(ops) ?? Promise.reject(new StoreFailedError('there is no lane')))
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

function openTransaction({ signal, random, commit }: { readonly signal: AbortSignal; readonly random: Random; readonly commit: (op: StoreOp) => Promise<unknown> }): OpenTransaction {
  let lost = false
  return {
    handle: {},
    get lost() {
      return lost
    },
    async commit(_lane, record) {
      signal.throwIfAborted()
      if (random.next() < 0.1) {
        lost = true
        throw new StoreFailedError('the connection was lost, and nothing was kept')
      }
      if (random.next() < 0.05) throw new StoreFailedError('a deferred constraint fails')
      await commit({ op: 'record', record })
    },
    rollback: () => Promise.resolve(),
  }
}

/** Runs the bodies of a flush; those that succeed are inserted as records. */
async function carryOut(lane: Lane, ops: readonly StoreOp[], bodies: Bodies): Promise<FlushResult> {
  const sent: StoreOp[] = []
  const places: number[] = []
  const answers = new Map<number, OpAnswer>()
  for (const [index, op] of ops.entries()) {
    const outcome = op.op === 'transact' ? run(op, bodies) : { op }
    if (outcome.answer !== undefined) answers.set(index, outcome.answer)
    if (outcome.op === undefined) continue
    sent.push(outcome.op)
    places.push(index)
  }
  const result = await lane.flush(sent)
  for (const [at, answer] of result.answers) answers.set(places[at] ?? -1, answer)
  return { answers }
}

function run({ means, input, record, idempotencyKey }: TransactOp, bodies: Bodies): { readonly op?: StoreOp; readonly answer?: OpAnswer } {
  const { run: id, path, attempt } = record
  try {
    const context = { db: {}, run: { id, path }, attempt, idempotencyKey, state: 'created', signal: { aborted: false } }
    // The body asks for no more than this.
    const given = bodies.get(means.export)?.invoke(defaultCodec.decode(input), context as never)
    const { payload } = defaultCodec.snapshot(given)
    return { op: { op: 'record', record: { ...record, output: payload } }, answer: { answer: 'transacted', output: payload } }
  } catch (thrown) {
    return { answer: { answer: 'failed', error: errorData(thrown) } }
  }
}
