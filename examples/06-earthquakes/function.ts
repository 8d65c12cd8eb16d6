// The main example as a durable function: read → check → batch → locate (HTTP) → group → summarise and alert by zone → add
// up → write the report. graph.ts is the same as a graph, earthquakes.yaml as YAML.
import { defineWorkflow } from 'wumbo'
import { z } from 'zod'
import { renderReport, totalUp, writeFile } from './report.ts'
import { checkEvents, groupByZone, locateBatch, makeBatches, raiseAlert, readFeed, summariseZone } from './templates.ts'

/** What both forms take. */
export const Input = z.object({
  /** The feed, a GeoJSON file. */
  file: z.string(),
  /** The folder for the report, from where the process runs. */
  output: z.string(),
  /** An alert is raised for a zone with an earthquake of this magnitude. */
  majorFrom: z.number().default(5),
  /** Earthquakes that are located with one call. */
  batchSize: z.int().min(1).default(25),
})

export const earthquakes = defineWorkflow({
  name: 'earthquakes', version: '1', description: 'Turns one week of earthquakes into a report by seismic zone.',
  input: Input,
  async run(ctx, { file, output, majorFrom, batchSize }) {
    const feed = await ctx.step('read', readFeed, { file })
    const { quakes, rejected } = await ctx.step('check', checkEvents, feed)
    const batches = await ctx.step('batch', makeBatches, { quakes, size: batchSize })
    const located = await ctx.map('batches', batches, (c, batch) => c.step('locate', locateBatch, batch), { concurrency: 4 })
    const groups = await ctx.step('group', groupByZone, located)
    const zones = await ctx.map(
      'zones',
      groups,
      async (c, group) => {
        const summary = await c.step('summarise', summariseZone, group)
        if (summary.strongest.magnitude < majorFrom) return { summary, alert: null }
        const { alert } = await c.step('alert', raiseAlert, summary)
        return { summary, alert }
      },
      { concurrency: 4, key: ({ key }) => key },
    )
    const report = await ctx.step('total', totalUp, { zones, rejected, located })
    const markdown = await ctx.step('render', renderReport, report)
    await ctx.all({
      markdown: (c) => c.step('write', writeFile, { path: `${output}/report.md`, data: markdown, createFolders: true }),
      json: (c) => c.step('write', writeFile, { path: `${output}/report.json`, data: report, createFolders: true }),
    })
    return report.totals
  },
})
