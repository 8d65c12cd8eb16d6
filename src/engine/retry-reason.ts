// Why a run was retried, and from which step somebody wanted it: both stand in the one text that a generation has, so that they are written
// with it.

const FROM = '$from '

/** The text of a retry that begins with a step that somebody chose. */
export function reasonFrom(step: string, reason: string): string {
  return `${FROM}${step}\n${reason}`
}

/** The step that somebody chose, null when the failure did, and the reason in words. */
export function readReason(text: string): { readonly from: string | null; readonly reason: string } {
  const at = text.indexOf('\n')
  return text.startsWith(FROM) && at > 0 ? { from: text.slice(FROM.length, at), reason: text.slice(at + 1) } : { from: null, reason: text }
}
