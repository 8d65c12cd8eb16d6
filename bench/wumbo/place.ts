// Where a measurement keeps its runs: a SQLite file in its folder, or a database of PostgreSQL. Past the library itself it checks what is held there, and tells
// how durable that was.
import { join } from 'node:path'
import type { Wumbo, WumboOptions } from 'wumbo'
import { postgresStore } from 'wumbo/store/postgres'
import { durability } from './postgres-check.ts'
import { fsyncMode, notePragmas } from './store-check.ts'

export interface Place {
  readonly store: NonNullable<WumboOptions['store']>
  /** Closes Wumbo, checks what is held, and tells how durable that was. */
  closed(wumbo: Wumbo, check: Checks): Promise<string>
}

/** Throw unless what must be held is there. */
export interface Checks {
  inFile(file: string): void
  inDatabase(url: string): Promise<void>
}

export async function placeOf(folder: string, url: string | undefined): Promise<Place> {
  return url === undefined ? inFile(folder) : inDatabase(url)
}

function inFile(folder: string): Place {
  const file = join(folder, 'wumbo.db')
  const notes = notePragmas(folder)
  return {
    store: `sqlite:${file}`,
    async closed(wumbo, check) {
      await wumbo.close()
      check.inFile(file)
      return fsyncMode(notes, file)
    },
  }
}

async function inDatabase(url: string): Promise<Place> {
  return {
    store: await postgresStore({ url }),
    async closed(wumbo, check) {
      const fsync = durability(wumbo)
      await wumbo.close()
      await check.inDatabase(url)
      return fsync
    },
  }
}
