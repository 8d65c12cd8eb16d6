// The main example as a graph: the same templates as in function.ts, as data. A reference to a step's output makes a
// dependency; what does not depend on each other runs side by side.
import { fromModel } from 'wumbo'
import type { GraphWorkflow } from 'wumbo'
import { z } from 'zod'
import { Input } from './function.ts'
import { renderReport, totalUp, writeFile } from './report.ts'
import type { Totals } from './report.ts'
import { checkEvents, groupByZone, locateBatch, makeBatches, raiseAlert, readFeed, summariseZone } from './templates.ts'

const model = {
  name: 'earthquakes-graph',
  description: 'Turns one week of earthquakes into a report by seismic zone.',
  input: z.toJSONSchema(Input),
  steps: {
    read: { uses: 'quakes.read', with: { file: '${{ input.file }}' } },
    check: { uses: 'quakes.check', with: '${{ steps.read.output }}' },
    batch: { uses: 'quakes.batch', with: { quakes: '${{ steps.check.output.quakes }}', size: '${{ input.batchSize }}' } },
    locate: { forEach: 'steps.batch.output', as: 'batch', concurrency: 4, uses: 'quakes.locate', with: '${{ batch }}' },
    group: { uses: 'quakes.group', with: '${{ steps.locate.output }}' },
    zones: {
      forEach: 'steps.group.output', as: 'group', concurrency: 4,
      steps: {
        summarise: { uses: 'quakes.summarise', with: '${{ group }}' },
        alert: { if: 'steps.summarise.output.strongest.magnitude >= input.majorFrom', uses: 'quakes.alert', with: '${{ steps.summarise.output }}' },
      },
      output: { summary: '${{ steps.summarise.output }}', alert: '${{ has(steps.alert.output) ? steps.alert.output.alert : null }}' },
    },
    total: { uses: 'quakes.total', with: { zones: '${{ steps.zones.output }}', rejected: '${{ steps.check.output.rejected }}', located: '${{ steps.locate.output }}' } },
    render: { uses: 'quakes.render', with: '${{ steps.total.output }}' },
    markdown: { uses: 'file.write', with: { path: '${{ input.output }}/report.md', data: '${{ steps.render.output }}', createFolders: true } },
    json: { uses: 'file.write', with: { path: '${{ input.output }}/report.json', data: '${{ steps.total.output }}', createFolders: true } },
  },
  output: '${{ steps.total.output.totals }}',
}

const templates = [readFeed, checkEvents, makeBatches, locateBatch, groupByZone, summariseZone, raiseAlert, totalUp, renderReport, writeFile]

export const earthquakesGraph = fromModel(model, templates) as GraphWorkflow<z.input<typeof Input>, Totals>
