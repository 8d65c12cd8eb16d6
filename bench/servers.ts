// The servers that benchmarks of a run share: each is opened when it is first asked for, and stopped at the end of the run.
import { openServer, type PostgresServer } from './postgres/server.ts'
import { openRedis, type RedisServer } from './redis/server.ts'

export class Servers {
  readonly #within: string | undefined
  #postgres: Promise<PostgresServer> | undefined
  #redis: Promise<RedisServer | undefined> | undefined

  /** `within` is the folder that gets the data of servers that are started here. */
  constructor(within: string | undefined) {
    this.#within = within
  }

  postgres(): Promise<PostgresServer> {
    this.#postgres ??= openServer(this.#within)
    return this.#postgres
  }

  /** Undefined when there is no Redis here. */
  redis(): Promise<RedisServer | undefined> {
    this.#redis ??= openRedis(this.#within)
    return this.#redis
  }

  async stop(): Promise<void> {
    const opened = await Promise.allSettled([this.#postgres, this.#redis])
    for (const server of opened) if (server.status === 'fulfilled') await server.value?.stop()
  }
}
