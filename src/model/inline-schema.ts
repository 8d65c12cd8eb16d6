// The shape of a workflow that is run inline, as a Zod schema; workflow-schema.ts puts it into steps.
import { z } from 'zod'
import { MAX_REFERENCE, WORKFLOW_REFERENCE } from './inline.ts'

/** `name` or `name@version`. */
export const workflowReference = z.string().max(MAX_REFERENCE).regex(WORKFLOW_REFERENCE, { error: (issue) => `expected the name of a workflow, or name@version, got ${JSON.stringify(issue.input)}` })

/** A workflow that is run inline. */
export const inlineSchema = z
  .strictObject({
    workflow: workflowReference.meta({ description: 'The graph that is run: its name, or name@version. Without a version the one that new runs take; what it means is pinned when the workflow is saved.', examples: ['check-order'] }),
    input: z.unknown().optional().meta({ description: 'What the workflow is given, checked by its schema. Texts may hold ${{ expression }}. Default {}.', examples: [{ order: '${{ input.order }}' }] }),
  })
  .meta({ id: 'Inline', description: 'Runs another graph as a part of this one: in the same run, its steps below the path of this step. The output is that of the workflow.', examples: [{ workflow: 'check-order', input: { order: '${{ input.order }}' } }] })
