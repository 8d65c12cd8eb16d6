// The page of one run: what it is, what went in and came out, and its steps on a time axis. Plain HTML without scripts; bars are
// drawn by attributes, so that the policy need not allow inline styles.
import { executionPath } from '../../engine/execution-path.ts'
import type { RunDetails, StepSummary } from '../../engine/inspect.ts'
import { isEnd } from '../../model/run.ts'
import type { OpenStep } from '../open-steps.ts'
import { valueJson } from '../../shared/value-json.ts'
import { frame, lasting, moment } from './frame.ts'
import { html, type Html } from './html.ts'

const MAX_STEPS = 500
const MAX_VALUE = 10_000
const AXIS = 1000

/** The page of one run at the time `now`; `open` are the steps that go on. */
export function runPage(run: RunDetails, open: readonly OpenStep[], now: number): string {
  const over = isEnd(run.status)
  const shown = run.steps.slice(0, MAX_STEPS)
  const axis = axisOf(run, now)
  const more = run.steps.length - shown.length
  const content = html`<main class="${run.status}">
<nav><a href="/">All runs</a></nav>
<h1>${run.workflow} <span class="status">${run.status}</span></h1>
<dl>
<dt>Run</dt><dd>${run.id}</dd>
${run.key === null ? null : html`<dt>Id given</dt><dd>${run.key}</dd>`}
${run.parent === null ? null : html`<dt>Child of</dt><dd><a href="/runs/${run.parent.run}">${run.parent.run}</a> at ${run.parent.path}</dd>`}
${run.children.slice(0, 20).map(({ path, run: child, count, ended }) => html`<dt>Child</dt><dd>${child === null ? html`${path}: ${count} runs, ${ended} ended` : html`${path}: <a href="/runs/${child}">${child}</a>`}</dd>`)}
<dt>Version</dt><dd>${run.version} (${run.form})${run.gen === 1 ? null : `, generation ${run.gen}`}</dd>
${run.templates.length === 0 ? null : html`<dt>Templates</dt><dd>${run.templates.join(', ')}</dd>`}
<dt>Started</dt><dd>${moment(run.createdAt)}</dd>
<dt>${over ? 'Took' : 'Lasts'}</dt><dd>${lasting(run.createdAt, run.finishedAt ?? now)}</dd>
${run.wakeAt === null || over ? null : html`<dt>Goes on</dt><dd>${moment(run.wakeAt)}</dd>`}
${run.crashes === 0 ? null : html`<dt>Crashes</dt><dd>${run.crashes}</dd>`}
</dl>
${run.error === null ? null : html`<h2>Failure</h2><div class="problem"><p><strong>${run.error.code}</strong>: ${run.error.message}</p>${run.error.remedy === undefined ? null : html`<p class="soft">${run.error.remedy}</p>`}</div>`}
<h2>Steps</h2>
${run.steps.length + run.pending.length + open.length === 0 ? html`<p>None yet.</p>` : timeline([...shown.map((step) => stepRow(step, axis)), ...goingOn(run, open, now)])}
${more === 0 ? null : html`<p>${more} more; all of them: npx wumbo runs show ${run.id} --json</p>`}
<h2>Input</h2>
${value(run.input)}
${run.status === 'completed' ? html`<h2>Output</h2>${value(run.output)}` : null}
<h2>Who wrote and read what</h2>
${lineage(run)}
${run.definition === null ? null : html`<h2>Definition</h2>
<p class="soft">As this run has it, with the exact versions of its templates.</p>
${text(JSON.stringify(run.definition, null, 2), `${run.id} --definition`)}`}
</main>`
  return frame(`${run.workflow} ${run.status}`, content, over ? {} : { refresh: 2 })
}

/** Gives the place of a time on the axis of the run, from its start to its end or to now. */
function axisOf(run: RunDetails, now: number): (at: number) => number {
  const end = run.steps.reduce((last, step) => Math.max(last, step.finishedAt), run.finishedAt ?? now)
  const span = Math.max(1, end - run.createdAt)
  return (at) => ((at - run.createdAt) / span) * AXIS
}

function timeline(rows: readonly Html[]): Html {
  return html`<table>
<thead><tr><th scope="col">Status</th><th scope="col">Step</th><th scope="col">Took</th><th scope="col">When</th></tr></thead>
<tbody>${rows}</tbody>
</table>`
}

/** Steps that are worked on, and what waits for its time. */
function goingOn(run: RunDetails, open: readonly OpenStep[], now: number): Html[] {
  const known = new Set(open.map(({ path }) => path))
  return [
    ...open.map((step) => openRow({ status: step.type === 'step.retrying' ? 'retrying' : 'running', path: step.path, attempt: step.attempt, since: step.at, due: step.type === 'step.retrying' ? step.due : null, failure: step.type === 'step.retrying' ? step.error.message : null }, now)),
    ...run.pending.filter(({ path }) => !known.has(path)).map((one) => openRow({ status: one.kind === 'timer' || one.kind === 'wait' ? 'waiting' : one.kind, path: one.path, attempt: one.attempt, since: null, due: one.due, failure: one.error?.message ?? null }, now)),
  ]
}

interface OpenRow {
  readonly status: string
  readonly path: string
  readonly attempt: number
  readonly since: number | null
  readonly due: number | null
  readonly failure: string | null
}

function openRow(row: OpenRow, now: number): Html {
  return html`<tr class="running">
<td data-name="Status" class="status">${row.status}</td>
<td data-name="Step">${row.path}${row.failure === null ? null : html`<br><span class="soft">attempt ${row.attempt} failed: ${row.failure}</span>`}</td>
<td data-name="Took" class="time">${row.since === null ? null : lasting(row.since, now)}</td>
<td data-name="When" class="bar">${row.due === null ? null : html`until ${moment(row.due)}`}</td>
</tr>
`
}

function stepRow(step: StepSummary, place: (at: number) => number): Html {
  const from = Math.max(0, Math.min(AXIS - 2, place(step.startedAt)))
  const width = Math.max(2, place(step.finishedAt) - from)
  return html`<tr class="${step.status}">
<td data-name="Status" class="status">${step.status}</td>
<td data-name="Step">${step.path}<br><span class="soft">${step.template ?? step.kind}${step.attempt > 1 ? `, attempt ${step.attempt}` : null}</span>${step.error === null ? null : html`<br><span class="soft">${step.error.code}: ${step.error.message}</span>`}</td>
<td data-name="Took" class="time">${lasting(step.startedAt, step.finishedAt)}</td>
<td data-name="When" class="bar"><svg viewBox="0 0 ${AXIS} 10" preserveAspectRatio="none" aria-hidden="true"><rect x="${from.toFixed(1)}" y="0" width="${Math.min(width, AXIS - from).toFixed(1)}" height="10"></rect></svg></td>
</tr>
`
}

function lineage(run: RunDetails): Html {
  const entries = executionPath(run).slice(0, MAX_STEPS)
  return html`<table>
<thead><tr><th scope="col">After</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">Value</th></tr></thead>
<tbody>${entries.map(({ node, action, key, at }) => html`<tr><td data-name="After" class="time">${lasting(run.createdAt, at)}</td><td data-name="Who">${node}</td><td data-name="Did">${action === 'write' ? 'wrote' : 'read'}</td><td data-name="Value">${key}</td></tr>
`)}</tbody>
</table>`
}

function value(given: unknown): Html {
  return text(JSON.stringify(valueJson(given), null, 2), '--json')
}

/** A text, cut where it is very long; `all` are the words that show the whole. */
function text(given: string, all: string): Html {
  if (given.length <= MAX_VALUE) return html`<pre>${given}</pre>`
  return html`<pre>${given.slice(0, MAX_VALUE)}…</pre><p class="soft">${given.length - MAX_VALUE} more characters; all of it: npx wumbo runs show ${all}</p>`
}
