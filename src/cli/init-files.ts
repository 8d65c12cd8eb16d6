// The files that `wumbo init` writes: a project that runs at once. Only text.

/** How the files of a project are to be written. */
export interface Starter {
  /** The name of the project, fit for package.json. */
  readonly name: string
  /** `.ts`, or `.mts` where package.json says, by its type or by having none, that .ts files are CommonJS. */
  readonly extension: '.ts' | '.mts'
  readonly wumbo: string
  readonly zod: string
}

/** Each file with its path from the project's folder. */
export function starterFiles({ name, extension, wumbo, zod }: Starter): readonly (readonly [path: string, text: string])[] {
  return [
    ['wumbo.yaml', PROJECT],
    ['package.json', `${JSON.stringify({ name, private: true, type: 'module', scripts: { dev: 'wumbo dev', hello: 'wumbo run hello' }, dependencies: { wumbo: `^${wumbo}`, zod }, devDependencies: TYPES }, null, 2)}\n`],
    ['tsconfig.json', TSCONFIG],
    [`templates/hello${extension}`, TEMPLATE],
    [`workflows/hello${extension}`, WORKFLOW.replace('hello.ts\'', `hello${extension}'`)],
    ['workflows/greet-all.yaml', DEFINITION],
  ]
}

/** For the editor: what Node offers, and the compiler that checks. */
const TYPES = { '@types/node': '^24.0.0', typescript: '^6.0.0' }

const PROJECT = `# A Wumbo project. Every key may be left out; --store and WUMBO_* win over this file.
store: sqlite:.wumbo/wumbo.db    # sqlite:<file>, postgres://user@host/database or memory
templates: templates             # folders that are loaded: modules, and definitions as YAML or JSON
workflows: workflows
execution:
  strategy: async                # async or sync
  concurrency: 1000              # template bodies at work at a time
retention: 90d                   # ended runs are deleted when they are older
`

const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2024",
    "module": "NodeNext",
    "types": ["node"],
    "strict": true,
    "noEmit": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true
  },
  "include": ["templates", "workflows"]
}
`

const TEMPLATE = `// A template: a typed, reusable piece of work.
import { defineTemplate } from 'wumbo'
import { z } from 'zod'

export const greet = defineTemplate({
  name: 'greet',
  version: '1.0.0',
  description: 'Greets somebody by name.',
  input: z.object({ name: z.string().min(1) }),
  output: z.object({ greeting: z.string() }),
  execute: ({ name }) => ({ greeting: \`Hello, \${name}!\` }),
})
`

const WORKFLOW = `// A workflow: a durable function. Each step's result is recorded, so that a run which was stopped
// (Ctrl-C, a crash, a restart) goes on where it was. What is no pure computation goes through \`ctx\`.
import { defineWorkflow } from 'wumbo'
import { z } from 'zod'
import { greet } from '../templates/hello.ts'

export const hello = defineWorkflow({
  name: 'hello',
  description: 'Greets people, one after the other.',
  input: z.object({ names: z.array(z.string().min(1)).default(['Ada', 'Grace']) }),
  async run(ctx, { names }) {
    const greetings: string[] = []
    for (const name of names) {
      const { greeting } = await ctx.step(\`greet-\${greetings.length + 1}\`, greet, { name })
      greetings.push(greeting)
      await ctx.sleep(\`breathe-\${greetings.length}\`, '300ms')
    }
    return { greetings }
  },
})
`

const DEFINITION = `# yaml-language-server: $schema=../node_modules/wumbo/schema/workflow.json
# A workflow as data, on the same engine: steps that do not need each other run side by side, and what stands in \${{ }} is an
# expression. wumbo dev takes up what you save, or marks what is wrong; wumbo validate only checks.
name: greet-all
description: Greets people side by side, and all of them together when there are several.
input:
  type: object
  properties:
    names:
      type: array
      items: { type: string, minLength: 1 }
      default: [Ada, Grace]
steps:
  each:
    forEach: \${{ input.names }}
    as: name
    uses: greet
    with: { name: "\${{ name }}" }
    retry: { maxAttempts: 3, initialDelay: 200ms }
  together:
    if: \${{ size(input.names) > 1 }}
    uses: greet
    with: { name: "all \${{ size(input.names) }}" }
output:
  each: \${{ steps.each.output.map(one, one.greeting) }}
  together: \${{ steps.together.?output.?greeting.orValue(null) }}
`
