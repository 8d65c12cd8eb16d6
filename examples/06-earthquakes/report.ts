// The end of the example: totals over all zones and the report, as JSON for programs and as Markdown for people. The same
// results give the same bytes; nothing in it depends on when or how often the run was interrupted.
import { defineTemplate, fileWrite } from 'wumbo'
import { z } from 'zod'
import { Rejected } from './feed.ts'
import { Located, Summary } from './templates.ts'

/** A zone and the alert that was raised for it, if any. */
const Entry = z.object({ summary: Summary, alert: z.string().nullable() })

export const Totals = z.object({
  quakes: z.int(),
  rejected: z.int(),
  zones: z.int(),
  alerts: z.int(),
  /** How often each reason was given; an event may have several. */
  reasons: z.record(z.string(), z.int()),
})

export type Totals = z.infer<typeof Totals>

/** What the report says. */
export const Report = z.object({
  totals: Totals,
  zones: z.array(Entry),
  rejected: z.array(Rejected),
  /** Each earthquake with its zone. */
  quakes: z.array(z.object({ id: z.string(), zone: z.string() })),
})
export type Report = z.infer<typeof Report>

/** Adds up. */
export const totalUp = defineTemplate({
  name: 'quakes.total', version: '1.0.0', description: 'Puts the report together: totals, zones with their alerts, rejected events, each earthquake with its zone.',
  input: z.object({ zones: z.array(Entry), rejected: z.array(Rejected), located: z.array(z.array(Located)) }),
  output: Report,
  pure: true,
  execute({ zones, rejected, located }) {
    const reasons = Map.groupBy(rejected.flatMap((one) => one.reasons), (reason) => reason)
    const quakes = located.flat().map(({ id, zone }) => ({ id, zone }))
    return {
      totals: {
        quakes: quakes.length,
        rejected: rejected.length,
        zones: zones.length,
        alerts: zones.filter(({ alert }) => alert !== null).length,
        reasons: Object.fromEntries([...reasons].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, all]) => [reason, all.length])),
      },
      zones, rejected, quakes,
    }
  },
})

/** Writes the report for people. */
export const renderReport = defineTemplate({
  name: 'quakes.render', version: '1.0.0', description: 'Renders the report as Markdown.',
  input: Report,
  output: z.string(),
  pure: true,
  execute: markdownOf,
})

/** Puts a file below the folder in which the example runs. `.wumbo` begins with a dot, which has to be allowed. */
export const writeFile = fileWrite.configure({ root: '.', hidden: true })

function markdownOf({ totals, zones, rejected }: Report): string {
  const rows = [...zones].sort((a, b) => b.summary.strongest.magnitude - a.summary.strongest.magnitude).map(({ summary, alert }) => {
    const { zone, quakes, strongest, meanDepthKm } = summary
    return `| ${zone} | ${quakes} | ${strongest.magnitude.toFixed(1)} | ${strongest.place} | ${meanDepthKm.toFixed(1)} | ${alert ?? ''} |`
  })
  return [
    '# One week of earthquakes',
    '',
    `${totals.quakes} earthquakes in ${totals.zones} zones, ${totals.alerts} alerts. Source: U.S. Geological Survey.`,
    '',
    '| zone | earthquakes | strongest | where | mean depth (km) | alert |',
    '| --- | ---: | ---: | --- | ---: | --- |',
    ...rows,
    '',
    `## Rejected: ${totals.rejected}`,
    '',
    ...Object.entries(totals.reasons).map(([reason, count]) => `- ${reason}: ${count}`),
    '',
    ...rejected.map(({ id, reasons }) => `- \`${id}\`: ${reasons.join('; ')}`),
    '',
  ].join('\n')
}
