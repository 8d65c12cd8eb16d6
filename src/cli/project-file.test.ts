import { expect, test } from 'vitest'
import { parseProjectFile } from './project-file.ts'

const problems = (text: string): string => {
  try {
    parseProjectFile(text, 'wumbo.yaml')
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'PROJECT_INVALID' })
    return (thrown as Error).message
  }
  throw new Error('nothing was refused')
}

test('reads every key', () => {
  const text = 'store: sqlite:.wumbo/wumbo.db\ntemplates: templates\nworkflows: flows/all\nexecution:\n  strategy: async\n  concurrency: 20\nretention: 30d\n'
  expect(parseProjectFile(text, 'wumbo.yaml')).toEqual({
    store: 'sqlite:.wumbo/wumbo.db', templates: 'templates', workflows: 'flows/all', execution: { strategy: 'async', concurrency: 20 }, retention: '30d',
  })
})

test.each(['', '# nothing yet\n', '{}'])('takes a file that says nothing: %j', (text) => {
  expect(parseProjectFile(text, 'wumbo.yaml')).toEqual({})
})

test.each([
  ['stroe: memory', 'wumbo.yaml:1:1: stroe: there is no such key. Did you mean "store"?'],
  ['store: memory\nexecution:\n  concurency: 3', 'wumbo.yaml:3:3: execution.concurency: there is no such key. Did you mean "concurrency"?'],
  ['store: postgres:u:secret@x', 'wumbo.yaml:1:8: store: expected "sqlite:<file>", "postgres://user@host/database" or "memory", got "postgres:u@x"'],
  ['store: postgres://u:secret@x/db?schema=Big', 'wumbo.yaml:1:8: store: expected a schema of small letters, digits and "_", got "postgres://u@x/db?schema=Big"'],
  ['store:', 'wumbo.yaml:1:7: store: expected "sqlite:<file>", "postgres://user@host/database" or "memory", got nothing'],
  ['store: [memory]', 'store: expected "sqlite:<file>", "postgres://user@host/database" or "memory", got a list'],
  ['workflows: ../others', 'workflows: expected a folder inside the project'],
  ['templates: /etc', 'templates: expected a folder inside the project'],
  ['execution:\n  concurrency: many', 'wumbo.yaml:2:16: execution.concurrency: expected a whole number from 1 to 100,000, got "many"'],
  ['execution:\n  strategy: asyn', 'expected "async" or "sync" (Did you mean "async"?), got "asyn"'],
  ['execution: async', 'wumbo.yaml:1:12: execution: expected keys and values (strategy, concurrency), got "async"'],
  ['retention: soon', 'retention: expected a duration such as "90d", or null to keep runs for ever, got "soon"'],
  ['- a\n- b', 'wumbo.yaml:1:1: expected keys and values'],
  ['store: memory\nstore: memory', 'wumbo.yaml:2:1: expected YAML: Map keys must be unique'],
  ['store: "memory', 'wumbo.yaml:1:15: expected YAML'],
])('refuses %j', (text, message) => {
  expect(problems(text)).toContain(message)
})

test('lists every problem at once', () => {
  expect(problems('stroe: memory\nretention: soon')).toMatch(/wumbo\.yaml:1:1.*; wumbo\.yaml:2:12/)
})

test('takes no alias bomb and no key from the prototype', () => {
  expect(problems('constructor: 1\n__proto__: 2')).toMatch(/constructor: there is no such key.*__proto__: there is no such key/)
})
