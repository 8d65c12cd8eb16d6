// Rows of stored workflows as the model knows them.
import { PayloadCorruptError } from '../../errors.ts'
import type { SourceFormat, VersionSummary, WorkflowRow, WorkflowStatus, WorkflowVersion } from '../../model/definition.ts'
import { definitionChecksum, versionChecksum } from './checksum.ts'
import { text, textOrNull } from './rows.ts'
import type { Row } from './rows.ts'

// A column has the type that its table declares; the casts below say which one that is.

/** A row of `workflows`. */
export function workflowFrom(row: Row): WorkflowRow {
  return {
    space: row['space'] as number, name: text(row, 'name'), status: row['status'] as WorkflowStatus, version: textOrNull(row, 'version'), chosen: textOrNull(row, 'chosen'),
    createdAt: row['created_at'] as number, updatedAt: row['updated_at'] as number, by: text(row, 'by_whom'),
  }
}

/** A row of `workflow_versions` without its texts. */
export function versionSummaryFrom(row: Row): VersionSummary {
  return { hash: text(row, 'hash'), format: row['format'] as SourceFormat, createdAt: row['created_at'] as number, by: text(row, 'by_whom') }
}

/** A row of `workflow_versions`, proven by its checksum. Throws PayloadCorruptError that names workflow and version. */
export function versionFrom(row: Row): WorkflowVersion {
  const key = { space: row['space'] as number, name: text(row, 'name') }
  const version = { ...versionSummaryFrom(row), body: text(row, 'body'), source: text(row, 'source') }
  if (versionChecksum(key, version) === row['checksum']) return version
  throw new PayloadCorruptError(`version ${version.hash} of workflow ${key.name} is damaged: it does not have the checksum it was written with`, {
    path: key.name, details: { ...key, version: version.hash }, remedy: 'Create the workflow again from its file, or restore the store from a backup.',
  })
}

/** The body of a row of `definitions`, proven by its checksum. Throws PayloadCorruptError that names the hash. */
export function definitionFrom(row: Row): string {
  const [hash, workflow, body] = [text(row, 'hash'), text(row, 'workflow'), text(row, 'body')]
  if (row['checksum'] === definitionChecksum(hash, workflow, body)) return body
  throw new PayloadCorruptError(`the definition ${hash} of workflow ${workflow} is damaged: it does not have the checksum it was written with`, { path: hash, details: { workflow, version: hash } })
}
