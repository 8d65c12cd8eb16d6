// The page of runs: newest first, filtered by status, one page at a time. Plain HTML without scripts.
import type { RunSummary } from '../../engine/inspect.ts'
import { RUN_TRANSITIONS, type RunStatus } from '../../model/run.ts'
import type { ServedWumbo } from '../contract.ts'
import { frame, lasting, moment } from './frame.ts'
import { html, type Html } from './html.ts'

/** All statuses, in the order in which a run may go through them. */
export const STATUSES = Object.keys(RUN_TRANSITIONS) as readonly RunStatus[]

/** What the page shows. */
export interface RunsView {
  readonly runs: readonly RunSummary[]
  readonly next: string | null
  readonly status: RunStatus | undefined
  /** True on the first page: only there new runs appear. */
  readonly first: boolean
  readonly now: number
}

/** The page of runs. */
export function runsPage(wumbo: Pick<ServedWumbo, 'store' | 'workflows'>, view: RunsView): string {
  const { file, ...facts } = wumbo.store.facts
  const store = [wumbo.store.kind, ...(file === undefined ? [] : [file]), ...Object.entries(facts).map(([name, value]) => `${name} ${value}`)].join(' · ')
  const names = [...new Set(wumbo.workflows.map(({ name }) => name))]
  const content = html`<main>
<h1>Wumbo: runs</h1>
<p class="facts">Store: ${store}<br>Workflows: ${names.length === 0 ? 'none' : names.join(', ')}</p>
<nav aria-label="Status">${filterLink(undefined, view.status)}${STATUSES.map((status) => filterLink(status, view.status))}</nav>
${view.runs.length === 0 ? html`<p>${view.status === undefined ? 'There are no runs yet. Start one with: npx wumbo run' : `No run is ${view.status}.`}</p>` : table(view)}
${view.next === null ? null : html`<p><a href="/?${query({ status: view.status, after: view.next })}">Older runs</a></p>`}
</main>`
  return frame('Wumbo: runs', content, view.first ? { refresh: 5 } : {})
}

function table(view: RunsView): Html {
  return html`<table>
<thead><tr><th scope="col">Status</th><th scope="col">Workflow</th><th scope="col">Run</th><th scope="col">Started</th><th scope="col">Took</th></tr></thead>
<tbody>${view.runs.map((run) => row(run, view.now))}</tbody>
</table>`
}

function row(run: RunSummary, now: number): Html {
  return html`<tr class="${run.status}">
<td data-name="Status" class="status">${run.status}</td>
<td data-name="Workflow">${run.workflow}</td>
<td data-name="Run"><a href="/runs/${encodeURIComponent(run.id)}">${run.key ?? run.id}</a>${run.error === null ? null : html`<br><span class="soft">${run.error.code}: ${clipped(run.error.message)}</span>`}</td>
<td data-name="Started" class="time">${moment(run.createdAt)}</td>
<td data-name="Took" class="time">${lasting(run.createdAt, run.finishedAt ?? now)}</td>
</tr>
`
}

function filterLink(status: RunStatus | undefined, chosen: RunStatus | undefined): Html {
  const name = status ?? 'all'
  return status === chosen ? html`<a href="/?${query({ status })}" aria-current="page">${name}</a>` : html`<a href="/?${query({ status })}">${name}</a>`
}

function query(fields: Readonly<Record<string, string | undefined>>): string {
  return new URLSearchParams(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)).toString()
}

function clipped(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
