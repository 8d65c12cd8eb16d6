// What stands in for the runs of children: in place of a workflow that is stubbed, a child is started of a workflow with the same name that asks the stub, in one
// step. So it is recorded, survives crashes and ends like any child.
import { WorkflowNotFoundError } from '../../errors.ts'
import type { WorkflowFinder } from '../../engine/ports.ts'
import { defineTemplate } from '../../template/define.ts'
import type { AnyTemplate } from '../../template/contract.ts'
import { jsonSchema } from '../../workflow/input-schema.ts'
import type { AnyWorkflow, FunctionWorkflow } from '../../workflow/contract.ts'

/** The version of what stands in for a workflow: its runs are told apart by it. */
const VERSION = 'stub'

/** The step in which a stub is asked. */
const STEP = 'stub'

const twins = new Map<string, Twin>()

interface Twin {
  readonly template: AnyTemplate
  readonly workflow: FunctionWorkflow<never, unknown>
}

/** The name of the template that asks the stub of a workflow. */
export function stubTemplateName(workflow: string): string {
  return `stub.${workflow}`
}

/** A finder that gives, for the children of stubbed workflows, what asks the stub. */
export function withStubs(finder: WorkflowFinder, isStubbed: (workflow: string) => boolean): WorkflowFinder {
  return {
    ...finder,
    child: (workflow) => {
      const name = typeof workflow === 'string' ? workflow : workflow.name
      if (!isStubbed(name)) return finder.child(workflow)
      const twin = twinOf(name).workflow
      return known(finder, workflow).then((own) => (own === undefined ? twin : { ...twin, check: (input) => own.check(input) }))
    },
    find: (name, version) => (version === VERSION ? twinOf(name).workflow : finder.find(name, version)),
  }
}

/** The workflow itself, whose inputs are checked; undefined where it is not there. */
async function known(finder: WorkflowFinder, workflow: AnyWorkflow | string): Promise<AnyWorkflow | undefined> {
  try {
    return await finder.child(workflow)
  } catch (thrown) {
    if (thrown instanceof WorkflowNotFoundError) return undefined
    throw thrown
  }
}

function twinOf(name: string): Twin {
  const made = twins.get(name)
  if (made !== undefined) return made
  const template = defineTemplate({
    name: stubTemplateName(name), version: '1.0.0', description: 'Asks a stub.', input: jsonSchema({}), output: jsonSchema({}),
    execute: () => {
      throw new WorkflowNotFoundError(`the stub of workflow ${name} was taken away while a run of it was under way`, { path: name })
    },
  })
  const workflow: FunctionWorkflow<never, unknown> = {
    form: 'function', name, version: VERSION, description: `Stands in for ${name}.`, schemas: { input: {} }, check: (input) => input,
    run: (ctx, input) => ctx.step(STEP, template, input),
  }
  const twin: Twin = { template, workflow }
  twins.set(name, twin)
  return twin
}
