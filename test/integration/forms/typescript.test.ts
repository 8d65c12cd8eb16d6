// Graphs as TypeScript: what is written compiles under strict settings, and what it builds is the same graph again, in the same version.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'
import fc from 'fast-check'
import ts from 'typescript'
import { expect, test } from 'vitest'
import * as wumbo from '../../../src/index.ts'
import type { GraphWorkflow } from '../../../src/workflow/contract.ts'
import type { WorkflowModel } from '../../../src/model/workflow.ts'
import { respelled } from '../../../src/workflow/spelling.ts'
import { writeJson } from '../../../src/workflow/write/json.ts'
import { writeTypeScript, type FindTemplate } from '../../../src/workflow/write/typescript.ts'
import { writeYaml } from '../../../src/workflow/write/yaml.ts'
import { GRAPH_TEMPLATES, part, randomGraph } from './random-graphs.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const templates = wumbo.createRegistry(Object.values(GRAPH_TEMPLATES))

const find: FindTemplate = (uses) => {
  const { meta, schemas } = templates.resolve(uses)
  return { name: meta.name, from: './random-graphs.ts', called: meta.name, input: schemas.input, output: schemas.output }
}

const codeOf = (model: WorkflowModel): string => writeTypeScript(respelled(model), find, () => ({ name: 'part', from: './random-graphs.ts', called: 'a.part', input: part.schemas.input }))

/** Runs a module that was written, in place of importing it: its imports are looked up here. */
function built(code: string): GraphWorkflow<unknown> {
  const plain = stripTypeScriptTypes(code)
    .replaceAll(/^import \{ (.*) \} from '(.*)'$/gm, (_, names: string, from: string) => `const { ${names.replaceAll(' as ', ': ')} } = modules['${from}']`)
    .replace(/^export const \w+ = /m, 'return ')
  const run = compileFunction(plain, ['modules']) as (modules: object) => GraphWorkflow<unknown>
  return run({ wumbo, './random-graphs.ts': { ...GRAPH_TEMPLATES, part } })
}

test('D1: random graphs keep their version through YAML, JSON, TypeScript and back', { timeout: 120_000 }, () => {
  let valid = 0
  fc.assert(fc.property(randomGraph, (model) => {
    let version: string
    try {
      version = wumbo.fromModel(model, templates, [part]).version
    } catch {
      return // refused by the checks: no graph to write
    }
    valid++
    const json = wumbo.fromText(writeJson(model), templates, 'json', [part])
    const graph = built(codeOf(model))
    const again = wumbo.fromText(writeYaml(JSON.parse(graph.definition) as WorkflowModel), templates)
    expect({ json: json.version, ts: graph.version, yaml: again.version }).toEqual({ json: version, ts: version, yaml: version })
    const { description, layout } = JSON.parse(again.definition) as WorkflowModel
    expect({ description, layout }).toEqual({ description: model.description, layout: model.layout })
  }), { numRuns: 500, endOnFailure: true })
  expect(valid).toBeGreaterThan(250)
})

test('what is written compiles under strict settings', { timeout: 120_000 }, () => {
  const folder = join(root, '.wumbo-cache', `forms-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  try {
    const models = fc.sample(randomGraph, { numRuns: 150 }).filter((model) => {
      try {
        return wumbo.fromModel(model, templates, [part]).form === 'graph'
      } catch {
        return false
      }
    })
    const files = models.map((model, index) => {
      const file = join(folder, `graph${index}.ts`)
      writeFileSync(file, codeOf(model).replaceAll("'./random-graphs.ts'", "'../../test/integration/forms/random-graphs.ts'"))
      return file
    })
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as { config: object }
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
    const program = ts.createProgram(files, options)
    const found = files.flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)).map(({ start = 0, messageText }) => {
      const source = program.getSourceFile(file)
      return `${ts.flattenDiagnosticMessageText(messageText, '\n')}\n${source?.text.split('\n')[source.getLineAndCharacterOfPosition(start).line] ?? ''}\n${source?.text ?? ''}`
    }))
    expect(found.slice(0, 3).join('\n\n')).toBe('')
    expect(files.length).toBeGreaterThan(60)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
