// A page of the results of many children, read from the children themselves.
import { RunNotFoundError, errorData } from '../errors.ts'
import { isEnd } from '../model/run.ts'
import type { RunRow } from '../model/run.ts'
import type { PagedResult } from '../workflow/children.ts'
import { childFailureData } from './child-end.ts'
import type { ChildOperation } from './child-wait.ts'
import type { RunHost } from './run-host.ts'

/** The results of some children, in their order. One that is gone, or that somebody has reopened, counts as failed. */
export async function readPage(host: RunHost, parent: Pick<RunRow, 'space'>, { path, runs }: Extract<ChildOperation, { kind: 'page' }>): Promise<readonly PagedResult[]> {
  const rows = new Map((await host.deps.store.getRuns(runs.map((run) => ({ space: parent.space, run })))).map((row) => [row.run, row]))
  const page: PagedResult[] = []
  for (const run of runs) {
    const row = rows.get(run)
    if (row?.status === 'completed') page.push({ run, status: 'completed', output: await host.readPayload(row.output), error: null })
    else page.push(failed(path, run, row))
  }
  return page
}

function failed(path: string, run: string, row: RunRow | undefined): PagedResult {
  const why = row === undefined ? errorData(new RunNotFoundError(`run ${run} is gone`)) : isEnd(row.status) ? row.error : errorData(new RunNotFoundError(`run ${run} was reopened and is ${row.status}`))
  const status = row?.status === 'cancelled' ? 'cancelled' : 'failed'
  return { run, status, output: undefined, error: childFailureData(path, { run, workflow: row?.workflow ?? '', end: { status, error: why } }) }
}
