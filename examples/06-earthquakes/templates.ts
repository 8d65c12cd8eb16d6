// The steps of the example, as templates that know nothing of each other. The function (function.ts), the graph
// (graph.ts) and the YAML (earthquakes.yaml) are made of the same ones.
import { readFile } from 'node:fs/promises'
import { defineTemplate } from 'wumbo'
import { z } from 'zod'
import { checkEvent, Quake, Rejected } from './feed.ts'
import { callService } from './service-client.ts'

/** Reads the feed as it is. What an event must hold is checked in the next step. */
export const readFeed = defineTemplate({
  name: 'quakes.read', version: '1.0.0', description: 'Reads a GeoJSON file of events.',
  input: z.object({ file: z.string() }),
  output: z.object({ features: z.array(z.unknown()) }),
  execute: async ({ file }, context) => JSON.parse(await readFile(file, { encoding: 'utf8', signal: context.signal })) as { features: unknown[] },
})

/** Takes the usable earthquakes and keeps the others with their reasons. */
export const checkEvents = defineTemplate({
  name: 'quakes.check', version: '1.0.0', description: 'Splits the events of a feed into usable earthquakes and rejected events with reasons.',
  input: z.object({ features: z.array(z.unknown()) }),
  output: z.object({ quakes: z.array(Quake), rejected: z.array(Rejected) }),
  pure: true,
  execute({ features }) {
    const checked = features.map(checkEvent)
    return {
      quakes: checked.flatMap((one) => ('quake' in one ? [one.quake] : [])),
      rejected: checked.flatMap((one) => ('rejected' in one ? [one.rejected] : [])),
    }
  },
})

/** Earthquakes that are located with one call. */
export const makeBatches = defineTemplate({
  name: 'quakes.batch', version: '1.0.0', description: 'Cuts a list of earthquakes into batches.',
  input: z.object({ quakes: z.array(Quake), size: z.int().min(1) }),
  output: z.array(z.array(Quake)),
  pure: true,
  execute: ({ quakes, size }) => Array.from({ length: Math.ceil(quakes.length / size) }, (_, index) => quakes.slice(index * size, (index + 1) * size)),
})

/** An earthquake with its zone. */
export const Located = Quake.extend({ zone: z.string() })

/** Asks the service where each earthquake of a batch was. One call, repeated when the service is busy. */
export const locateBatch = defineTemplate({
  name: 'quakes.locate', version: '1.0.0', description: 'Names the seismic zone of each earthquake of a batch.',
  input: z.array(Quake),
  output: z.array(Located),
  retry: { maxAttempts: 6, initialDelay: '100ms' },
  timeout: '10s',
  async execute(quakes, context) {
    const places = quakes.map(({ longitude, latitude }) => ({ longitude, latitude }))
    const zones = z.array(z.string()).length(quakes.length).parse(await callService('/zones', places, context))
    return quakes.map((quake, index) => ({ ...quake, zone: zones[index] ?? '' }))
  },
})

const Zone = z.object({ key: z.string(), zone: z.string(), quakes: z.array(Located) })

/** Sorts the located earthquakes into their zones. */
export const groupByZone = defineTemplate({
  name: 'quakes.group', version: '1.0.0', description: 'Groups located earthquakes by zone, in the order of the names.',
  input: z.array(z.array(Located)),
  output: z.array(Zone),
  pure: true,
  execute(batches) {
    const zones = Map.groupBy(batches.flat(), ({ zone }) => zone)
    return [...zones].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, quakes]) => ({ key: zone.toLowerCase().replaceAll(/[^a-z]+/g, '-'), zone, quakes }))
  },
})

/** A zone in short. */
export const Summary = z.object({ key: z.string(), zone: z.string(), quakes: z.int(), strongest: Located, meanDepthKm: z.number() })

/** Says in one line what happened in a zone. */
export const summariseZone = defineTemplate({
  name: 'quakes.summarise', version: '1.0.0', description: 'Counts the earthquakes of a zone and names the strongest.',
  input: Zone,
  output: Summary,
  pure: true,
  execute({ key, zone, quakes }) {
    const strongest = quakes.reduce((most, quake) => (quake.magnitude > most.magnitude ? quake : most))
    const depth = quakes.reduce((sum, { depthKm }) => sum + depthKm, 0) / quakes.length
    return { key, zone, quakes: quakes.length, strongest, meanDepthKm: Math.round(depth * 10) / 10 }
  },
})

/** Warns of a zone with a major earthquake. Sent with the step's idempotency key, so that the service takes it once. */
export const raiseAlert = defineTemplate({
  name: 'quakes.alert', version: '1.0.0', description: 'Sends an alert for a zone to the service.',
  input: Summary,
  output: z.object({ alert: z.string() }),
  retry: { maxAttempts: 6, initialDelay: '100ms' },
  timeout: '10s',
  async execute({ zone, strongest }, context) {
    return z.object({ alert: z.string() }).parse(await callService('/alerts', { zone, place: strongest.place, magnitude: strongest.magnitude }, context))
  },
})
