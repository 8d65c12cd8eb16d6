// Templates as commands show them: a table of several, and the fields of a schema.
import type { AnyTemplate, JsonSchema } from '../template/contract.ts'
import { visibleLine } from '../shared/visible.ts'
import { lineJson } from './json.ts'
import { shownPath } from './shown-path.ts'
import { tableLines, type Cell } from './table.ts'
import type { Channel } from './terminal.ts'
import type { ProjectTemplates } from './template-registry.ts'

/** A template as `--json` shows it in a list. */
export function templateJson(template: AnyTemplate, { fileOf, registry }: ProjectTemplates): object {
  const { name, version, description, author, kind, category, tags = [], aliases = [] } = template.meta
  const file = fileOf(template)
  return {
    name, version, description, author: author ?? null, kind: kind ?? null, category: category ?? null, tags, aliases, level: template.level,
    origin: file === undefined ? 'builtin' : 'project', file: file === undefined ? null : shownPath(file), versions: registry.versions(name),
  }
}

/** Templates, one to a row. */
export function templateLines(out: Channel, templates: readonly AnyTemplate[], { fileOf }: ProjectTemplates): string[] {
  const columns = [{ title: 'template', min: 12 }, { title: 'version' }, { title: 'level' }, { title: 'from', min: 8 }, { title: 'does', min: 12 }]
  return tableLines(out, columns, templates.map((template): Cell[] => {
    const { name, version, description } = template.meta
    return [name, version, template.level, { text: originText(fileOf(template)), style: 'dim' }, visibleLine(description)]
  }))
}

/** Where a template is from: its module, or that it comes with Wumbo. */
export function originText(file: string | undefined): string {
  return file === undefined ? 'built in' : visibleLine(shownPath(file))
}

/** The fields of an object as a table; any other schema as JSON. */
export function schemaLines(out: Channel, schema: JsonSchema): string[] {
  const properties = Object.entries(asRecord(schema['properties']))
  if (properties.length === 0) return [visibleLine(lineJson(schema))]
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const rows = properties.map(([name, field]): Cell[] => {
    const given = asRecord(field)
    const fallback = Object.hasOwn(given, 'default') ? lineJson(given['default']) : required.includes(name) ? { text: 'required', style: 'yellow' as const } : ''
    return [visibleLine(name), visibleLine(typeText(given)), fallback, visibleLine(typeof given['description'] === 'string' ? given['description'] : '')]
  })
  return tableLines(out, [{ title: 'field' }, { title: 'type', min: 8 }, { title: 'default', min: 8 }, { title: 'means', min: 12 }], rows)
}

function typeText(schema: JsonSchema): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map((one) => JSON.stringify(one)).join(' | ')
  if (Object.hasOwn(schema, 'const')) return JSON.stringify(schema['const'])
  const union = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(union)) return [...new Set(union.map((one) => typeText(asRecord(one))))].join(' | ')
  const type = schema['type']
  if (type === 'array' && schema['items'] !== undefined) {
    const items = typeText(asRecord(schema['items']))
    return items.includes(' ') ? `(${items})[]` : `${items}[]`
  }
  if (Array.isArray(type)) return type.join(' | ')
  return typeof type === 'string' ? type : 'any'
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}
