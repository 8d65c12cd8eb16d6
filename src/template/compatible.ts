// Which versions of a template stand for one another when a result is replayed: its major version is its promise to those that use it.
import { parse } from 'semver'

/** True when a result that was recorded with one version counts for the other: same major version, before 1.0.0 same minor version. */
export function isCompatible(recorded: string | null, asked: string): boolean {
  if (recorded === asked) return true
  const [then, now] = [parse(recorded), parse(asked)]
  if (then === null || now === null || then.prerelease.length > 0 || now.prerelease.length > 0) return false
  return then.major === now.major && (then.major > 0 || then.minor === now.minor)
}
