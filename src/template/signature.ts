// The signature of a template: a short hash of what it gives, kept behind its version in each record of a result, as build metadata (`1.2.0+s3fa9c1b2`). Whoever
// replays the result sees by it that the template has changed under one version. It is made once per template and costs a lookup after that.
import { hashText } from '../shared/hash.ts'
import { schemaLogic } from '../shared/schema-logic.ts'
import type { AnyTemplate } from './contract.ts'

const SIGNED = /[+.]s([0-9a-f]{8})$/
const known = new WeakMap<AnyTemplate, string>()

/** The version of a template with its signature. */
export function signedVersion(template: AnyTemplate): string {
  const before = known.get(template)
  if (before !== undefined) return before
  const { version } = template.meta
  const signed = `${version}${version.includes('+') ? '.' : '+'}s${hashText(JSON.stringify(schemaLogic(template.schemas.output))).slice(0, 8)}`
  known.set(template, signed)
  return signed
}

/** A version as it was recorded, without the signature. */
export function plainVersion(recorded: string): string {
  return recorded.replace(SIGNED, '')
}

/** True when a result was recorded with a template as it is now. */
export function isUnchanged({ template: name, templateVersion }: { readonly template: string | null; readonly templateVersion: string | null }, template: AnyTemplate): boolean {
  return name === template.meta.name && plainVersion(templateVersion ?? '') === template.meta.version && !hasChanged(templateVersion ?? '', template)
}

/** True when a result was recorded with this version of the template, and with another signature: what it gives has changed since. */
export function hasChanged(recorded: string, template: AnyTemplate): boolean {
  return SIGNED.test(recorded) && plainVersion(recorded) === template.meta.version && recorded !== signedVersion(template)
}
