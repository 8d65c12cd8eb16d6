// The paths of what a graph does about failures. No id of a step begins with `$`.

/** Stands behind the path of a step that has failed, and before the steps that are run when a run has failed. */
export const ON_ERROR = '$onError'

/** Stands before the steps that are run when those of the run have come to an end. */
export const FINALLY = '$finally'

/** Stands behind the path of a step that runs another graph inline, and before what that graph does at its end. */
export const INLINE = '$inline'

/** Where it is recorded that the steps of a run were given up, when something else is recorded before what the run does at its end: by sub-workflows, or that people are asked no more. */
export const GIVEN_UP = `${FINALLY}.$givenUp`

/** True for what is run when the steps of a run have come to an end. */
export function isClosing(path: string): boolean {
  return path.startsWith(`${ON_ERROR}.`) || path.startsWith(`${FINALLY}.`)
}

/** True for what is done about a failure, of a step or of the run: no later failure is answered with what it gave. */
export function isReaction(path: string): boolean {
  return path.split('.').some((part) => part === ON_ERROR || part === FINALLY || part.startsWith(`${ON_ERROR}[`))
}
