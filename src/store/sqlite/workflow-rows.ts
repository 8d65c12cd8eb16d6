// Rows of stored workflows as the model knows them, and the checksum of a version: it tells bit rot and rows that were changed by
// hand; it is no signature.
import { PayloadCorruptError } from '../../errors.ts'
import type { SourceFormat, VersionSummary, WorkflowKey, WorkflowRow, WorkflowStatus, WorkflowVersion } from '../../model/definition.ts'
import { hashText } from '../../shared/hash.ts'
import type { Row } from './rows.ts'

// The schema is strict, so a column has the type that its table declares; the casts below say which one that is.

/** A row of `workflows`. */
export function workflowFrom(row: Row): WorkflowRow {
  return {
    space: row['space'] as number, name: row['name'] as string, status: row['status'] as WorkflowStatus, version: row['version'] as string | null, chosen: row['chosen'] as string | null,
    createdAt: row['created_at'] as number, updatedAt: row['updated_at'] as number, by: row['by_whom'] as string,
  }
}

/** A row of `workflow_versions` without its texts. */
export function versionSummaryFrom(row: Row): VersionSummary {
  return { hash: row['hash'] as string, format: row['format'] as SourceFormat, createdAt: row['created_at'] as number, by: row['by_whom'] as string }
}

/** A row of `workflow_versions`, proven by its checksum. Throws PayloadCorruptError that names workflow and version. */
export function versionFrom(row: Row): WorkflowVersion {
  const key = { space: row['space'] as number, name: row['name'] as string }
  const version = { ...versionSummaryFrom(row), body: row['body'] as string, source: row['source'] as string }
  if (versionChecksum(key, version) === row['checksum']) return version
  throw new PayloadCorruptError(`version ${version.hash} of workflow ${key.name} is damaged: it does not have the checksum it was written with`, {
    path: key.name, details: { ...key, version: version.hash }, remedy: 'Create the workflow again from its file, or restore the store from a backup.',
  })
}

/** The checksum of a version. Lengths stand before the texts, so that nothing can move from one to the next. */
export function versionChecksum({ space, name }: WorkflowKey, { hash, format, body, source, createdAt, by }: WorkflowVersion): string {
  return checksumOf([space, createdAt], [name, hash, format, by, body, source])
}

/** The body of a row of `definitions`, proven by its checksum where it has one. Throws PayloadCorruptError that names the hash. */
export function definitionFrom(row: Row): string {
  const [hash, workflow, body] = [row['hash'] as string, row['workflow'] as string, row['body'] as string]
  if (row['checksum'] === null || row['checksum'] === definitionChecksum(hash, workflow, body)) return body
  throw new PayloadCorruptError(`the definition ${hash} of workflow ${workflow} is damaged: it does not have the checksum it was written with`, { path: hash, details: { workflow, version: hash } })
}

/** The checksum of the definition of runs. */
export function definitionChecksum(hash: string, workflow: string, body: string): string {
  return checksumOf([], [hash, workflow, body])
}

function checksumOf(numbers: readonly number[], texts: readonly string[]): string {
  return hashText(`${[...numbers, ...texts.map((text) => text.length)].join(' ')} ${texts.join('')}`)
}
