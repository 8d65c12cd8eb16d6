// The main example as YAML (earthquakes.yaml), with the templates that the other two forms use.
import { readFileSync } from 'node:fs'
import { builtinTemplates, fromText } from 'wumbo'
import type { z } from 'zod'
import type { Input } from './function.ts'
import { renderReport, totalUp, type Totals } from './report.ts'
import { checkEvents, groupByZone, locateBatch, makeBatches, raiseAlert, readFeed, summariseZone } from './templates.ts'

const file = new URL('earthquakes.yaml', import.meta.url)
const templates = [...builtinTemplates, readFeed, checkEvents, makeBatches, locateBatch, groupByZone, summariseZone, raiseAlert, totalUp, renderReport]

/** A text has no types of TypeScript: what its schema and its output say is said here once more. */
export const earthquakesYaml = fromText<z.input<typeof Input>, Totals>(readFileSync(file, 'utf8'), templates, 'earthquakes.yaml')
