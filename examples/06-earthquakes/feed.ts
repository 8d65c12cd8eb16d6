// The feed as the example reads it: one week of events by the US Geological Survey (public domain), as GeoJSON in the npm
// package vega-datasets. The schema says what a usable earthquake is; the data is taken as it is.
import { z } from 'zod'

/** An event as the feed writes it; what else it holds is dropped. */
const FeedEvent = z.object({
  id: z.string(),
  properties: z.object({
    type: z.literal('earthquake', { error: ({ input }) => `no earthquake: ${String(input)}` }),
    mag: z.number('no magnitude'),
    place: z.string('no place'),
    time: z.int('no time'),
    rms: z.number('no rms, so how well the stations agree is not known'),
  }),
  geometry: z.object({ coordinates: z.tuple([z.number(), z.number(), z.number()], 'no longitude, latitude and depth') }),
})

/** The id of an event that may lack everything else. */
const Identified = z.object({ id: z.string() })

/** An earthquake as the rest of the example uses it. `time` in milliseconds since 1970, angles in degrees. */
export const Quake = z.object({
  id: z.string(),
  magnitude: z.number(),
  place: z.string(),
  time: z.int(),
  depthKm: z.number(),
  longitude: z.number().min(-180).max(180),
  latitude: z.number().min(-90).max(90),
})
export type Quake = z.infer<typeof Quake>

/** An event that is not used, and everything that speaks against it. */
export const Rejected = z.object({ id: z.string(), reasons: z.array(z.string()).min(1) })
export type Rejected = z.infer<typeof Rejected>

/** Takes an event over, or says why not. */
export function checkEvent(event: unknown): { readonly quake: Quake } | { readonly rejected: Rejected } {
  const checked = FeedEvent.safeParse(event)
  if (!checked.success) {
    const id = Identified.safeParse(event).data?.id ?? 'without an id'
    return { rejected: { id, reasons: checked.error.issues.map(({ message }) => message) } }
  }
  const { id, properties: { mag, place, time }, geometry: { coordinates: [longitude, latitude, depthKm] } } = checked.data
  return { quake: { id, magnitude: mag, place, time, depthKm, longitude, latitude } }
}
