// The shapes of children as Zod schemas; workflow-schema.ts puts them into steps.
import { z } from 'zod'
import { DEFAULT_CHILDREN, isQueue, QUEUE_WANTED } from './children.ts'

/** The schemas of `child` and `children`; `workflow` is that of a workflow's name. */
export function childSchemas(workflow: z.ZodType): { readonly child: z.ZodObject; readonly children: z.ZodObject } {
  const start = {
    workflow: workflow.meta({ description: 'The name of the workflow that is started, registered or stored: its newest version, or the one that is chosen for new runs.', examples: ['ship'] }),
    parentClose: z.enum(['cancel', 'abandon']).optional().meta({ description: 'What becomes of a child when this run ends before it: cancel asks it to cancel, abandon leaves it to itself. Default cancel.', examples: ['abandon'] }),
    queue: z.string().refine(isQueue, { error: (issue) => `${QUEUE_WANTED}, got ${JSON.stringify(issue.input)}` }).optional().meta({ description: 'The queue that workers take a child from: 1 to 100 letters, digits, "_", ".", ":" and "-". Default: that of this run.', examples: ['bulk'] }),
  }
  const child = z
    .strictObject({
      ...start,
      input: z.unknown().optional().meta({ description: 'What the child is started with; texts may hold ${{ expression }}. The schema of its workflow checks it. Default {}.', examples: [{ parcel: '${{ input.parcel }}' }] }),
      wait: z.boolean().optional().meta({ description: 'Whether to wait for the end of the child: then the output of the step is that of the child. Else it is the id of the child, once its start is durable. Default true.', examples: [false] }),
    })
    .meta({ id: 'Child', description: 'Starts a run of another workflow as a child of this one.', examples: [{ workflow: 'ship', input: { parcel: '${{ input.parcel }}' } }] })
  const children = z
    .strictObject({
      ...start,
      inputs: z.union([z.string().min(1), z.array(z.unknown())], { error: 'expected a list, or an expression that gives one' }).meta({ description: 'What the children are started with: a list whose texts may hold ${{ expression }}, or an expression that gives one. The schema of the workflow checks each before the first is started.', examples: ['${{ input.parcels }}'] }),
      concurrency: z.int().min(1).optional().meta({ description: `How many children are under way at a time, from 1. Default ${DEFAULT_CHILDREN}.`, examples: [50] }),
      onFailure: z.enum(['fail', 'continue']).optional().meta({ description: 'When all have ended and some of them have not completed: fail fails the step with CHILD_FAILED, continue goes on. Default fail.', examples: ['continue'] }),
      collect: z.enum(['outputs', 'results']).optional().meta({ description: 'What the output holds beside count, completed and failed: outputs, the list of what the children gave, null for one that has not completed; or results, a list of index, run, status, output and error. Default: neither, and the results stay with the children.', examples: ['outputs'] }),
    })
    .meta({ id: 'Children', description: 'Starts a child run for each input of a list, and waits until all have ended.', examples: [{ workflow: 'ship', inputs: '${{ input.parcels }}', concurrency: 50 }] })
  return { child, children }
}
