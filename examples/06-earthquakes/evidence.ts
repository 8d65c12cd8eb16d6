// Gathers what check.ts compares from the folder of the main example: the service's log, the journal through the public
// API, the reports and the notes of kills. It only reads, so it may run beside the example.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWumbo } from 'wumbo'
import { readCallLog } from './call-log.ts'
import type { Evidence, FeedEvent } from './check.ts'
import { feedFile, placesIn } from './places.ts'
import { Report } from './report.ts'

/** Reads everything that main.ts has left where it ran. Every run must have ended. */
export async function gatherEvidence(folder = ''): Promise<Evidence> {
  const places = placesIn(folder)
  const wumbo = await createWumbo({ store: places.store, readOnly: true })
  try {
    const runs: Evidence['runs'][number][] = []
    for (let after: string | null | undefined; after !== null; ) {
      const page = await wumbo.runs.list({ limit: 100, ...(after === undefined ? {} : { after }) })
      for (const { id } of page.runs) {
        const run = await wumbo.runs.get(id)
        const output = join(folder, (run.input as { readonly output: string }).output)
        runs.push({ run, report: Report.parse(JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'))), markdown: readFileSync(join(output, 'report.md'), 'utf8') })
      }
      after = page.next
    }
    const findings: string[] = []
    for await (const { code, message } of wumbo.verify()) findings.push(`${code}: ${message}`)
    return { calls: readCallLog(places.calls), runs, findings, events: readEvents(), killed: existsSync(places.kills) ? readKills(places.kills) : [] }
  } finally {
    await wumbo.close()
  }
}

function readEvents(): FeedEvent[] {
  return (JSON.parse(readFileSync(feedFile(), 'utf8')) as { readonly features: FeedEvent[] }).features
}

/** The notes of kills are process ids, one a line. */
function readKills(file: string): number[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number)
}
