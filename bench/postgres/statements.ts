// Counts what a PostgreSQL server has carried out, from the bytes that it sends: each statement ends with a message of its own, also when several
// travel in one query or under a name. Pure: it is fed bytes. It cannot read an encrypted connection.

/** CommandComplete, EmptyQueryResponse and PortalSuspended: a statement was carried out. */
const ENDS: ReadonlySet<number> = new Set(['C', 'I', 's'].map((letter) => letter.charCodeAt(0)))
const HEAD_BYTES = 5

/** The statements of one connection, read from the server's side of it. */
export class StatementCount {
  #head = Buffer.alloc(0)
  /** Bytes of the body of a message that are still to come. */
  #skip = 0
  #statements = 0

  get statements(): number {
    return this.#statements
  }

  feed(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      const taken = chunk.subarray(at, at + HEAD_BYTES - this.#head.length)
      this.#head = Buffer.concat([this.#head, taken])
      at += taken.length
      if (this.#head.length < HEAD_BYTES) return
      if (ENDS.has(this.#head[0] ?? 0)) this.#statements++
      this.#skip = this.#head.readInt32BE(1) - (HEAD_BYTES - 1) // the length counts itself
      this.#head = Buffer.alloc(0)
    }
  }
}
