// The kinds of problems that a definition can have: a stable code for each, for people to look up and for editors to filter by. The
// page docs/reference/problems.md says more of each, with an example; a test holds the two together.

/** Code → what is wrong, in a sentence. */
export const problemCodes = {
  YAML_SYNTAX: 'The text is not YAML.',
  DUPLICATE_KEY: 'A key stands twice in one object.',
  UNKNOWN_ALIAS: 'An alias names no anchor that stands before it.',
  CYCLIC_ALIAS: 'An alias stands inside of what it names.',
  ALIAS_LIMIT: 'Aliases repeat more than a definition may hold.',
  NUMBER_PRECISION: 'A number has more digits than a number can keep, or is too large.',
  SIZE_LIMIT: 'The text, one expression in it, or the graph with its sub-workflows, is too large.',
  DEPTH_LIMIT: 'The definition is nested too deep.',
  UNKNOWN_KEY: 'There is no such key.',
  MISSING_KEY: 'A key that must be there is missing.',
  MISPLACED_KEY: 'The key is known, but not for this kind of step.',
  INVALID_VALUE: 'The value is not of the kind that the key takes.',
  INVALID_DURATION: 'The value is not a duration.',
  INVALID_NAME: 'The name or id is not one that can be used.',
  INVALID_SCHEMA: 'A schema is not a JSON Schema that can be checked.',
  DUPLICATE_NAME: 'Two things of one scope have the same name.',
  UNKNOWN_STEP: 'There is no such step, or it is not seen from here.',
  UNKNOWN_TEMPLATE: 'There is no such template.',
  UNKNOWN_VERSION: 'There is the template or the workflow, but no version that is asked for.',
  UNKNOWN_WORKFLOW: 'There is no such workflow.',
  INLINE_REFUSED: 'The workflow cannot be run inline, or not here.',
  UNKNOWN_FIELD: 'The schema has no such field.',
  UNKNOWN_NAME: 'An expression uses a name that is not known where it stands.',
  UNKNOWN_FUNCTION: 'An expression calls a function that is not known.',
  EXPRESSION_SYNTAX: 'The expression is not CEL.',
  EXPRESSION_REFUSED: 'The expression uses what no expression may use.',
  TYPE_MISMATCH: 'The value is of a type that cannot be used here.',
  UNGUARDED_OPTIONAL: 'The value may be missing, and nothing guards against that.',
  MISSING_INPUT: 'A field that the template needs is missing.',
  SURPLUS_INPUT: 'The template takes no such field.',
  MISSING_CONFIG: 'A setting that the template needs is missing.',
  SURPLUS_CONFIG: 'The template has no such setting.',
  INVALID_CONFIG: 'The template refuses the setting.',
  CYCLE: 'Steps wait for each other, or workflows run each other.',
  UNREACHABLE: 'The step or case can never run.',
} as const

/** The code of one kind of problem. */
export type ProblemCode = keyof typeof problemCodes

/** What helps with a value of another kind, where nothing more is known. */
export const CONVERT_REMEDY = 'Values are converted by string(x), double(x), int(x) and bool(x); size(x) counts.'
