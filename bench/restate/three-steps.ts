// One measurement of Restate: three-step workflows, awaited through its HTTP ingress. Runs in a process of its own;
// the server and the service are two more, as Restate is deployed.
import { drive, type ThreeStepOptions, type ThreeStepResult } from '../flight.ts'
import { check, measure } from '../measurement.ts'
import { closeConnections, request } from './http.ts'
import { startRestate } from './server.ts'

export interface RestateThreeSteps extends ThreeStepOptions {
  readonly partitions?: number
}

await measure<RestateThreeSteps, ThreeStepResult>(async (options, started) => {
  const node = await startRestate({
    folder: options.folder,
    onStart: started.process,
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
  })
  started.undo(node.stop)
  started.undo(closeConnections)
  const result = await drive(options, (input) => request(node.ingress, '/three/run', input) as Promise<{ n: number }>)
  const runs = options.warmUp + options.count
  check('finished runs kept by Restate', await count(node.admin, "sys_invocation where status = 'completed'"), runs)
  check('recorded steps kept by Restate', await count(node.admin, "sys_journal where entry_type = 'Notification: Run'"), 3 * runs)
  return { ...result, fsync: node.fsync }
})

/** Restate keeps finished runs with their journals for a day, and answers SQL about them. */
async function count(admin: number, from: string): Promise<number | undefined> {
  const answer = (await request(admin, '/query', { query: `select count(*) as total from ${from}` })) as {
    rows?: { total?: number }[]
  }
  return answer.rows?.[0]?.total
}
