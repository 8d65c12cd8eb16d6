// The feed is what the example says it is: these counts are facts about the published data.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkEvent } from './feed.ts'
import { feedFile } from './places.ts'

const { features } = JSON.parse(readFileSync(feedFile(), 'utf8')) as { features: { properties: { type: string; rms: number | null } }[] }

test('of 1,707 events 28 are no earthquakes and 5 have no rms, 3 of them both', () => {
  const other = features.filter(({ properties }) => properties.type !== 'earthquake')
  const without = features.filter(({ properties }) => properties.rms === null)
  expect([features.length, other.length, without.length, other.filter((event) => without.includes(event)).length]).toEqual([1707, 28, 5, 3])
})

test('1,677 earthquakes are taken, 30 events are kept aside with every reason', () => {
  const rejected = features.map(checkEvent).flatMap((one) => ('rejected' in one ? [one.rejected] : []))
  expect(rejected).toHaveLength(30)
  expect(Object.fromEntries([...Map.groupBy(rejected.flatMap(({ reasons }) => reasons), (reason) => reason)].map(([reason, all]) => [reason, all.length]))).toEqual({
    'no earthquake: explosion': 15,
    'no earthquake: quarry blast': 13,
    'no rms, so how well the stations agree is not known': 5,
  })
  expect(rejected.filter(({ reasons }) => reasons.length === 2)).toHaveLength(3)
})

test('what is no event at all is rejected too', () => {
  expect(checkEvent(3)).toEqual({ rejected: { id: 'without an id', reasons: ['Invalid input: expected object, received number'] } })
})
