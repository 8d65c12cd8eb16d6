// Group commit and nothing else: rows gather while one transaction is on its way to the disk, and whoever wrote them is
// told once it is there. No schema is checked, no lease held, no event sent: what is left is what the disk, SQLite and
// JavaScript cost. It is not an engine and could not recover a run.
import { Worker } from 'node:worker_threads'

type Cell = string | number

/** Rows laid flat, cell after cell, which crosses to the thread far cheaper than objects: 3, 5 and 3 cells a row. */
export interface Batch {
  readonly runs: Cell[]
  readonly steps: Cell[]
  readonly ends: Cell[]
}

export class Journal {
  readonly #worker: Worker
  #batch: Batch = emptyBatch()
  #waiting: (() => void)[] = []
  #onTheWay: (() => void)[] | undefined
  #scheduled = false

  constructor(file: string) {
    this.#worker = new Worker(new URL('./writer.ts', import.meta.url), { workerData: { file } })
    this.#worker.on('message', () => this.#committed())
  }

  insertRun(id: string, input: string, created: number): Promise<void> {
    this.#batch.runs.push(id, input, created)
    return this.#durable()
  }

  insertStep(run: string, path: string, output: string, started: number): Promise<void> {
    this.#batch.steps.push(run, path, output, started, Date.now())
    return this.#durable()
  }

  /** The last step and the end of its run, in one transaction. */
  finish(run: string, path: string, output: string, started: number): Promise<void> {
    this.#batch.ends.push(run, output, Date.now())
    return this.insertStep(run, path, output, started)
  }

  /** Closes the file and gives the synchronous mode that its connection had. */
  close(): Promise<unknown> {
    this.#worker.removeAllListeners('message')
    return new Promise((resolve, reject) => {
      this.#worker.once('message', resolve)
      this.#worker.once('error', reject)
      this.#worker.postMessage('close')
    })
  }

  #durable(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#onTheWay !== undefined || this.#scheduled) return
      // Idle: whoever else writes in this turn of the loop travels along.
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.#send()
      })
    })
  }

  #send(): void {
    if (this.#onTheWay !== undefined || this.#waiting.length === 0) return
    this.#worker.postMessage(this.#batch)
    this.#onTheWay = this.#waiting
    this.#batch = emptyBatch()
    this.#waiting = []
  }

  #committed(): void {
    const told = this.#onTheWay ?? []
    this.#onTheWay = undefined
    for (const resolve of told) resolve()
    queueMicrotask(() => this.#send()) // behind the reactions of those just told, which write their next rows
  }
}

function emptyBatch(): Batch {
  return { runs: [], steps: [], ends: [] }
}
