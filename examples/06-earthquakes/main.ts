// `npm start`: runs the main example durably, prints its result and its timeline, and keeps serving a status page until
// Ctrl-C. Options: --once ends after the run; --graph or --yaml takes another form of it in place of the function; --port is for the page,
// --service and --batch-size are for tests.
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createWumbo, serve, services, WumboError } from 'wumbo'
import type { RunHandle, Wumbo } from 'wumbo'
import { earthquakes } from './function.ts'
import { earthquakesGraph } from './graph.ts'
import { feedFile, placesIn } from './places.ts'
import type { Totals } from './report.ts'
import { startService } from './service.ts'
import { Geo } from './service-client.ts'
import { timeline } from './timeline.ts'
import { earthquakesYaml } from './yaml.ts'

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    graph: { type: 'boolean', default: false },
    yaml: { type: 'boolean', default: false },
    service: { type: 'string' },
    port: { type: 'string', default: '8080' },
    'batch-size': { type: 'string', default: '25' },
  },
})
const places = placesIn()
const workflow = options.yaml ? earthquakesYaml : options.graph ? earthquakesGraph : earthquakes
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => 'interrupted' as const)

const service = options.service === undefined ? await startService({ log: places.calls }) : undefined
const wumbo = await createWumbo({
  store: places.store,
  workflows: [earthquakes, earthquakesGraph, earthquakesYaml],
  services: services().provide(Geo, { url: service?.url ?? options.service ?? '' }),
})
try {
  process.exitCode = await example(wumbo)
} finally {
  await wumbo.close()
  await service?.close()
}

/** Gives the exit code. */
async function example(open: Wumbo): Promise<number> {
  const { runs: earlier } = await open.runs.list({ limit: 5 })
  const run = (await goOn(open)) ?? (await begin(open))
  const result = await Promise.race([run.result().catch(failure), interrupted])
  if (result === 'interrupted') {
    console.log(`\nStopped. The next start goes on with run ${run.id}.`)
    return 130
  }
  if (result instanceof WumboError) {
    console.error(`Run ${run.id} has ended with ${result.code}: ${result.message}\n${result.remedy}`)
    return 1
  }
  await show(open, run.id, result)
  for (const { id, status, createdAt } of earlier.filter((one) => one.id !== run.id)) console.log(`Earlier: run ${id}, ${new Date(createdAt).toLocaleString()}, ${status}`)
  if (!options.once) await keepServing(open)
  return 0
}

/** A run that an earlier process began and did not end goes on by itself as soon as the store is open. */
async function goOn(open: Wumbo): Promise<RunHandle<Totals> | null> {
  const unfinished = (await open.runs.list({ status: ['running', 'waiting'], limit: 1 })).runs[0]
  if (unfinished === undefined) return null
  const { steps } = await open.runs.get(unfinished.id)
  console.log(`An earlier start left run ${unfinished.id} unfinished; going on after its ${steps.length} recorded steps.`)
  return open.runs.handle<Totals>(unfinished.id)
}

async function begin(open: Wumbo): Promise<RunHandle<Totals>> {
  const input = { file: feedFile(), output: join(places.reports, new Date().toISOString().replaceAll(/[:.]/g, '-')), batchSize: Number(options['batch-size']) }
  console.log(`Reading one week of earthquakes, locating each over HTTP and writing a report; every step is recorded in ${places.store.slice('sqlite:'.length)}.`)
  const run = await open.start(workflow, input)
  console.log(`Run ${run.id} has begun.`)
  return run
}

async function show(open: Wumbo, id: string, { quakes, zones, alerts, rejected }: Totals): Promise<void> {
  const run = await open.runs.get(id)
  const { output } = run.input as { readonly output: string }
  console.log(`${quakes} earthquakes in ${zones} zones, ${alerts} alerts; ${rejected} events were rejected. Report: ${join(output, 'report.md')}`)
  console.log(['', ...timeline(run, process.stdout.columns), ''].join('\n'))
}

async function keepServing(open: Wumbo): Promise<void> {
  const page = await serve(open, { port: Number(options.port) })
  if (page.moved) console.log(`Port ${options.port} is taken, so this is ${page.port}.`)
  console.log(`All runs: ${page.url}/ (health: ${page.url}/livez). Ctrl-C ends it.`)
  await interrupted
  await page.close()
}

function failure(thrown: unknown): WumboError {
  if (thrown instanceof WumboError) return thrown
  throw thrown
}
