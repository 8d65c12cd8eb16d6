// DBOS as its documentation runs it in one process: three recorded steps per workflow, called and awaited. Plain JavaScript, because its
// package is installed on demand and is unknown to the project's type check.
import { DBOS } from '@dbos-inc/dbos-sdk'

const increment = ({ n }) => Promise.resolve({ n: n + 1 })

const three = DBOS.registerWorkflow(
  async (input) => {
    const a = await DBOS.runStep(() => increment(input), { name: 'a' })
    const b = await DBOS.runStep(() => increment(a), { name: 'b' })
    return await DBOS.runStep(() => increment(b), { name: 'c' })
  },
  { name: 'three' },
)

/** Launches it on a database; gives a way to run a workflow and one to stop. */
export async function launch({ url, pool }) {
  DBOS.setConfig({
    name: 'bench', applicationVersion: '1', systemDatabaseUrl: url, logLevel: 'error',
    ...(pool === undefined ? {} : { systemDatabasePoolSize: pool }),
  })
  await DBOS.launch()
  return { run: (input) => three(input), stop: () => DBOS.shutdown() }
}
