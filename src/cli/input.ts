// Reads the input of a run from the command line: JSON as text, from a file (`@file`) or from standard input (`-`).
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { InputInvalidError, UsageError } from '../errors.ts'
import { parseJson } from '../shared/parse-json.ts'
import type { Terminal } from './terminal.ts'

/** The value that `--input`, or another option of its kind, says; `{}` without it. Throws INPUT_INVALID for what is no JSON, USAGE for a file that cannot be read. */
export async function readInput(word: string | undefined, terminal: Terminal, option = '--input'): Promise<unknown> {
  if (word === undefined) return {}
  const [source, from] = await sourceOf(word, terminal, option)
  try {
    return parseJson(source)
  } catch (cause) {
    throw new InputInvalidError(`${from}: expected JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause, path: from, remedy: `Write JSON such as ${option} '{"name":"Ada"}' (in quotes, so that the shell leaves it alone), or use ${option} @file.json.`,
    })
  }
}

async function sourceOf(word: string, terminal: Terminal, option: string): Promise<[text: string, from: string]> {
  if (word === '-') {
    if (process.stdin.isTTY) terminal.err.line('Reading the input from the terminal; end it with Ctrl-D.')
    return [await text(process.stdin), 'standard input']
  }
  if (!word.startsWith('@')) return [word, option]
  const file = word.slice(1)
  try {
    return [await readFile(file, 'utf8'), file]
  } catch (cause) {
    throw new UsageError(`${option}: ${file === '' ? 'there is no file name after @' : `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`}`, { cause, path: option, remedy: 'Name an existing file of JSON after the @.' })
  }
}
