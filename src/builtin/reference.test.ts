// The page docs/reference/builtin-templates.md against the templates: each has a section, each example runs and gives what the
// page says, each field of its schemas is named, and each schema is published.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { JsonSchema } from '../template/contract.ts'
import { createContext } from '../template/context.ts'
import { createRegistry } from '../template/registry.ts'
import { fileRead } from './file-read.ts'
import { fileWrite } from './file-write.ts'
import { httpRequest } from './http-request.ts'
import { builtinTemplates } from './index.ts'

const page = readFileSync(new URL('../../docs/reference/builtin-templates.md', import.meta.url), 'utf8')
const sections = new Map(page.split('\n## ').slice(1).map((section) => [section.split('\n')[0]!, section]))
const block = (section: string, language: string): string | undefined => new RegExp(`\`\`\`${language}\\n([^]*?\\n)\`\`\``).exec(section)?.[1]

const folder = mkdtempSync(join(tmpdir(), 'wumbo-builtin-'))
let server: Server
let origin: string

beforeAll(async () => {
  const { body, headers, status } = JSON.parse(block(sections.get('http.request')!, 'json')!)
  server = createServer((_, response) => response.writeHead(status, headers).end(JSON.stringify(body)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true })
})

it('describes every template, and no other', () => {
  expect([...sections.keys()].sort()).toEqual(builtinTemplates.map(({ meta }) => meta.name).sort())
})

describe.each([...sections])('%s', (name, section) => {
  const registry = createRegistry(builtinTemplates)

  it('gives what its example says', async () => {
    const here: Record<string, unknown> = { 'http.request': httpRequest.configure({ allowPrivate: true }), 'file.read': fileRead.configure({ root: folder }), 'file.write': fileWrite.configure({ root: folder }) }
    const { uses, with: input } = parse(block(section, 'yaml')!.replaceAll('https://api.example.com', origin))
    const file = /File `([^`]+)`/.exec(section)?.[1]
    if (file !== undefined) writeFileSync(join(folder, file), block(section, 'jsonl')!)
    expect(uses).toBe(name)
    const template = (here[name] ?? registry.resolve(name)) as typeof fileRead
    const output = await template(input, { context: createContext({ log: { debug() {}, info() {}, warn() {}, error() {} } }) })
    const expected = JSON.parse(block(section, 'json')!.replaceAll('https://api.example.com', origin))
    if (name === 'http.request') expect(output).toMatchObject(expected)
    else expect(output).toStrictEqual(expected)
  })

  it('names every field of its schemas', () => {
    const { input, output, config } = registry.resolve(name).schemas
    const fields = [input, output, ...(config === null ? [] : [config])].flatMap((schema: JsonSchema) => Object.keys(schema['properties'] as object))
    for (const field of fields) expect(section).toContain(`\`${field}\``)
  })

  it('has metadata for the gallery, and refuses fields that it does not know', () => {
    const { meta, schemas } = registry.resolve(name)
    expect(meta).toMatchObject({ version: '1.0.0', description: expect.stringMatching(/^[A-Z].*\.$/), category: expect.any(String), kind: expect.stringMatching(/^(action|transform)$/), tags: expect.any(Array) })
    expect(schemas.input['additionalProperties']).toBe(false)
  })
})
