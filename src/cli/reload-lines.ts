// What `wumbo dev` says of a reload: one line when it is done, or every problem where it stands; as JSON lines for programs.
import type { WumboError } from '../errors.ts'
import { visibleLine } from '../shared/visible.ts'
import { lineJson } from './json.ts'
import type { Definitions } from './modules.ts'
import { shownPath } from './shown-path.ts'
import type { Channel, Terminal } from './terminal.ts'

/** One thing that keeps a project from being reloaded. Lines and columns count from 1; they are null where nothing tells them. */
export interface ReloadProblem {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly endLine: number | null
  readonly endColumn: number | null
  readonly code: string
  /** In the definition; empty for a module. */
  readonly path: string
  readonly message: string
  readonly remedy: string | null
}

/** A reload that took place. */
export interface Reloaded {
  readonly changed: readonly string[]
  readonly definitions: Definitions
  /** Workflows that are gone. */
  readonly removed: readonly string[]
  /** True when the reload before failed. */
  readonly recovered: boolean
}

/** Tells of reloads: people on standard error, programs on standard output. */
export class ReloadTeller {
  readonly #terminal: Terminal
  readonly #json: boolean

  constructor(terminal: Terminal, { json }: { readonly json: boolean }) {
    this.#terminal = terminal
    this.#json = json
  }

  reloaded({ changed, definitions, removed, recovered }: Reloaded): void {
    const workflows = [...new Set(definitions.workflows.map(({ name }) => name))]
    if (this.#json) { this.#say({ type: 'reloaded', changed: changed.map(shownPath), workflows, templates: definitions.templates.map(({ meta }) => meta.name), removed, recovered }); return; }
    const { err } = this.#terminal
    const gone = removed.length === 0 ? '' : `; removed: ${removed.join(', ')} (runs of it go on)`
    err.line(`${err.paint('green', 'Reloaded')} ${clock()}: ${changes(changed)}; ${counted(workflows.length, 'workflow')}, ${counted(definitions.templates.length, 'template')}${gone}${recovered ? '; all is well again' : ''}`)
  }

  failed(changed: readonly string[], failures: readonly WumboError[]): void {
    const problems = failures.flatMap(problemsOf)
    if (this.#json) { this.#say({ type: 'reload.failed', changed: changed.map(shownPath), problems }); return; }
    const { err } = this.#terminal
    err.line(`${err.paint('red', 'Not reloaded')} ${clock()}: ${changes(changed)}; ${counted(problems.length, 'problem')}. What was loaded before stays in use.`)
    for (const problem of problems) for (const line of problemText(err, problem)) err.line(`  ${line}`)
  }

  /** Something changed that only a new process takes up. */
  restart(file: string, why: string): void {
    if (this.#json) { this.#say({ type: 'restart.needed', changed: [shownPath(file)], message: why }); return; }
    const { err } = this.#terminal
    err.line(`${err.paint('yellow', 'Restart needed')}: ${visibleLine(shownPath(file))} changed; ${why}`)
  }

  /** Changes are not seen any more. */
  blind(why: string): void {
    if (this.#json) { this.#say({ type: 'watch.failed', message: why }); return; }
    const { err } = this.#terminal
    err.line(`${err.paint('yellow', 'Changes of files may be missed')}: ${visibleLine(why)}. Restart wumbo dev after a change, or set CHOKIDAR_USEPOLLING=1.`)
  }

  #say(event: Readonly<Record<string, unknown>>): void {
    this.#terminal.out.line(lineJson({ ...event, at: Date.now() }))
  }
}

function problemText(channel: Channel, { file, line, column, code, path, message, remedy }: ReloadProblem): string[] {
  const place = [file, line, column].filter((part) => part !== null).join(':')
  const text = `${channel.paint('bold', visibleLine(place))}: ${channel.paint('red', code)} ${path === '' ? '' : `${visibleLine(path)}: `}${visibleLine(message)}`
  return remedy === null ? [text] : [text, `  ${visibleLine(remedy)}`]
}

/** The problems of a definition as they are; any other failure as one, at its place. */
function problemsOf(failure: WumboError): ReloadProblem[] {
  const found = failure.details?.['problems']
  if (Array.isArray(found)) return (found as (ReloadProblem & { readonly remedy?: string })[]).map((one) => ({ ...one, remedy: one.remedy ?? null })) // made by textError
  const [, file = failure.path ?? '', line, column] = /^(.+?)(?::(\d+))?(?::(\d+))?$/.exec(failure.path ?? '') ?? []
  const [at, from] = [line === undefined ? null : Number(line), column === undefined ? null : Number(column)]
  return [{ file, line: at, column: from, endLine: at, endColumn: from, code: failure.code, path: '', message: failure.message, remedy: failure.remedy }]
}

function changes(files: readonly string[]): string {
  const [first = ''] = files
  return files.length === 1 ? `${visibleLine(shownPath(first))} changed` : `${visibleLine(shownPath(first))} and ${files.length - 1} more changed`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8)
}
