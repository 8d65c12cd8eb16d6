// What the bootstrap says and how it fails: one line per phase on stderr, so that the output of a task stays alone
// on stdout.

/** @param {string} text */
export function say(text) {
  process.stderr.write(`wumbo: ${text}\n`)
}

/** A failure that a person can do something about: what failed, where, and the remedy. Shown without a stack. */
export class SetupError extends Error {
  /** @param {{ what: string, where: string, remedy: string, detail?: string }} parts */
  constructor({ what, where, remedy, detail }) {
    const quoted = detail ? `\n${detail.trim().replace(/^/gm, '    ')}` : ''
    super(`wumbo: ${what}\n  where:  ${where}\n  remedy: ${remedy}${quoted}`)
    this.name = 'SetupError'
  }
}
