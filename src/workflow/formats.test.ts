import { expect, test } from 'vitest'
import { formats } from './formats.ts'

const cases: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> = {
  date: [['2024-02-29', '2000-02-29', '1999-12-31'], ['2023-02-29', '1900-02-29', '2024-13-01', '2024-00-10', '2024-01-00', '24-01-01', '2024-1-1']],
  time: [['23:59:59Z', '00:00:00.123+02:00'], ['24:00:00Z', '12:60:00Z', '12:00:00', '12:00Z']],
  'date-time': [['2024-02-29T12:00:00Z', '2024-02-29t12:00:00.5-05:30'], ['2024-02-30T12:00:00Z', '2024-02-29T12:00:00', '2024-02-29', 'T']],
  duration: [['P1D', 'PT1.5S', 'P1Y2M3DT4H5M6S', 'P4W', 'PT36H'], ['P', 'PT', 'P1DT', '1D', 'P1W1D', 'P1S']],
  email: [['a@b.example', "o'brien+x@mail.example.org"], ['a', '@b.example', 'a@', 'a b@c.example', '.a@b.example', 'a..b@c.example', 'a@-b.example']],
  hostname: [['localhost', 'a-b.example.'], ['', 'a..b', '-a.example', `${'a'.repeat(64)}.example`, 'a_b.example']],
  ipv4: [['0.0.0.0', '255.255.255.255'], ['256.1.1.1', '1.2.3', '01.2.3.4', '1.2.3.4.5']],
  ipv6: [['::', '::1', '2001:db8::ff00:42:8329', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1', 'fe80::1%eth0'], [':', '1:2', '1::2::3', '12345::', '1:2:3:4:5:6:7:8:9', '::1.2.3', '::g']],
  uri: [['https://example.com/a?b=c#d', 'mailto:a@b.example', 'urn:x:y'], ['example.com', '//example.com', 'http://a b', 'https://<x>']],
  'uri-reference': [['/a/b', '?q', '#f', 'https://example.com'], ['a b', '<x>']],
  uuid: [['0192f0c1-2b3c-7abc-8def-0123456789ab'], ['0192f0c12b3c7abc8def0123456789ab', 'x']],
  regex: [['^a+$', '\\p{L}'], ['(', '\\p{Nope}']],
  'json-pointer': [['', '/a/b~0c~1d'], ['a', '/~2']],
}

test.each(Object.entries(cases))('%s', (name, [good, bad]) => {
  const check = formats[name]
  if (check === undefined) throw new Error(`no format ${name}`)
  expect(good.filter((text) => !check(text)), 'refused').toEqual([])
  expect(bad.filter((text) => check(text)), 'let pass').toEqual([])
})

test('every format is tried', () => {
  expect(Object.keys(cases).toSorted()).toEqual(Object.keys(formats).toSorted())
})

test('long hostile texts are answered at once', () => {
  const start = performance.now()
  for (const check of Object.values(formats)) for (const unit of ['a', '1', '.', ':', '-', 'a-', '1:', '/~0', 'P', '1D', '(']) check(unit.repeat(5000))
  expect(performance.now() - start).toBeLessThan(2000)
})
