// The checksums of rows. They tell bit rot and rows that were changed by hand; they are no signatures. Lengths stand before the texts,
// so that nothing can move from one to the next. They are made over texts as they were before text.ts wrote them its way.
import { crc32 } from 'node:zlib'
import type { WorkflowKey, WorkflowVersion } from '../../model/definition.ts'
import type { JournalRecord } from '../../model/record.ts'
import { hashText } from '../../shared/hash.ts'

/** The checksum of a journal row, between 0 and 2³² − 1; `error` and `reads` as the JSON that is stored. The run's own id is part of it. */
export function recordChecksum(record: Omit<JournalRecord, 'error' | 'reads'>, error: string | null, reads: string | null): number {
  const { space, gen, seq, attempt, startedAt, finishedAt, run, path, kind, status, level, template, templateVersion, inputHash, input, output } = record
  return crc32(`${space} ${gen} ${seq} ${attempt} ${startedAt} ${finishedAt} ${kind} ${status} ${level} ${lengthOf(run)} ${lengthOf(path)} ${lengthOf(template)} ${lengthOf(templateVersion)} ${
    lengthOf(inputHash)} ${lengthOf(input)} ${lengthOf(output)} ${lengthOf(error)} ${lengthOf(reads)} ${run}${path}${template ?? ''}${templateVersion ?? ''}${inputHash ?? ''}${input ?? ''}${
    output ?? ''}${error ?? ''}${reads ?? ''}`)
}

/** The checksum of a version of a workflow. */
export function versionChecksum({ space, name }: WorkflowKey, { hash, format, body, source, createdAt, by }: WorkflowVersion): string {
  return checksumOf([space, createdAt], [name, hash, format, by, body, source])
}

/** The checksum of the definition of runs. */
export function definitionChecksum(hash: string, workflow: string, body: string): string {
  return checksumOf([], [hash, workflow, body])
}

function lengthOf(text: string | null): number | '-' {
  return text === null ? '-' : text.length
}

function checksumOf(numbers: readonly number[], texts: readonly string[]): string {
  return hashText(`${[...numbers, ...texts.map((text) => text.length)].join(' ')} ${texts.join('')}`)
}
