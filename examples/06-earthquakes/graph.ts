// The main example as a typed graph: the same templates as in function.ts. A reference to a step's output makes a dependency;
// steps that do not depend on each other run side by side.
import { fallback, gte, text, workflow } from 'wumbo'
import { Input } from './function.ts'
import { renderReport, totalUp, writeFile } from './report.ts'
import { checkEvents, groupByZone, locateBatch, makeBatches, raiseAlert, readFeed, summariseZone } from './templates.ts'

export const earthquakesGraph = workflow('earthquakes-graph', { input: Input, description: 'Turns one week of earthquakes into a report by seismic zone.' })
  .step('read', { uses: readFeed, with: ({ input }) => ({ file: input.file }) })
  .step('check', { uses: checkEvents, with: ({ steps }) => steps.read })
  .step('batch', { uses: makeBatches, with: ({ input, steps }) => ({ quakes: steps.check.quakes, size: input.batchSize }) })
  .forEach('locate', ({ steps }) => steps.batch, { uses: locateBatch, with: ({ item }) => item, as: 'batch', concurrency: 4 })
  .step('group', { uses: groupByZone, with: ({ steps }) => steps.locate })
  .forEach('zones', ({ steps }) => steps.group, (zone, { item }) =>
    zone
      .step('summarise', { uses: summariseZone, with: item })
      .step('alert', { uses: raiseAlert, if: ({ input, steps }) => gte(steps.summarise.strongest.magnitude, input.majorFrom), with: ({ steps }) => steps.summarise })
      .output(({ steps }) => ({ summary: steps.summarise, alert: fallback(steps.alert.alert, null) })),
  { as: 'zone', concurrency: 4 })
  .step('total', { uses: totalUp, with: ({ steps }) => ({ zones: steps.zones, rejected: steps.check.rejected, located: steps.locate }) })
  .step('render', { uses: renderReport, with: ({ steps }) => steps.total })
  .step('markdown', { uses: writeFile, with: ({ input, steps }) => ({ path: text`${input.output}/report.md`, data: steps.render, createFolders: true }) })
  .step('json', { uses: writeFile, with: ({ input, steps }) => ({ path: text`${input.output}/report.json`, data: steps.total, createFolders: true }) })
  .output(({ steps }) => steps.total.totals)
  .build()
