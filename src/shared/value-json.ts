// Values of runs as JSON for people, `--json` and HTTP: plain data as it is, and what JSON cannot say under the codec's tags, so
// that nothing changes silently. Undefined becomes null: JSON has no other word for nothing.
import { defaultCodec } from './codec.ts'
import { parseJson } from './parse-json.ts'

/** The JSON form of a value that a run carried. What no codec carries (own types of other processes) becomes the name of its kind. */
export function valueJson(value: unknown): unknown {
  if (value === undefined) return null
  try {
    return parseJson(defaultCodec.snapshot(value).payload.slice(2))
  } catch {
    return Object.prototype.toString.call(value)
  }
}
