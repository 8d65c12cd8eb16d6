// Turns verdicts into what people and programs read: a table, one JSON line per id and load, and the sections of
// RESULTS.md. Pure: text in, text out.
import type { Verdict } from './goal.ts'

/** A Markdown table whose columns line up, so that it also reads well in a terminal. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

export function jsonLines(verdicts: readonly Verdict[]): string {
  return verdicts.map((verdict) => JSON.stringify(verdict)).join('\n')
}

const HEADER = ['id', 'in flight', 'Wumbo', 'peer', 'times the peer', 'ceiling', 'share of ceiling', 'goal', 'met']

export function verdictTable(verdicts: readonly Verdict[]): string {
  return table(HEADER, verdicts.map(verdictRow))
}

function verdictRow(verdict: Verdict): string[] {
  const { unit } = verdict
  return [
    verdict.against === undefined ? verdict.id : `${verdict.id}, ${verdict.against}`,
    inFlight(verdict),
    figure(verdict.ours, unit),
    figure(verdict.peer, unit),
    verdict.ratio === undefined ? '–' : `${figure(verdict.ratio)} ×`,
    figure(verdict.ceiling, unit),
    verdict.ceilingShare === undefined ? '–' : `${Math.round(verdict.ceilingShare * 100)} %`,
    goal(verdict),
    verdict.ours === undefined ? 'not run' : verdict.met ? 'yes' : 'NO',
  ]
}

function inFlight({ inFlight: ours, peerInFlight: peer }: Verdict): string {
  if (ours === undefined) return '–'
  return peer === undefined || peer === ours ? figure(ours) : `${figure(ours)} (peer ${figure(peer)})`
}

function goal(verdict: Verdict): string {
  const first =
    verdict.against === undefined && verdict.peer === undefined && verdict.ratio === undefined && verdict.ceilingGoal === undefined
      ? `≤ ${figure(verdict.goal, verdict.unit)}`
      : `≥ ${figure(verdict.goal)} ×`
  return verdict.ceilingGoal === undefined ? first : `${first}, ≥ ${Math.round(verdict.ceilingGoal * 100)} % of ceiling`
}

export function figure(value: number | undefined, unit = ''): string {
  if (value === undefined) return '–'
  const text =
    Math.abs(value) >= 1000
      ? Math.round(value).toLocaleString('en-US')
      : String(Number(value.toPrecision(3)))
  return unit === '' ? text : `${text} ${unit}`
}

const TITLE = '# Results\n\nWritten by `npm run bench`; each section is one run, with its own machine and versions. How to read it: `README.md`.\n'

/** Puts a benchmark's section in its place: over the one it had, else behind the others in the order of their numbers. */
export function putSection(document: string, id: string, section: string): string {
  const kept = [...document.matchAll(/^<!-- ([\w-]+) -->\n([\s\S]*?)\n<!-- end of \1 -->$/gm)]
    .map(([, name = '', text = '']) => ({ name, text }))
    .filter(({ name }) => name !== id)
  const sections = [...kept, { name: id, text: section.trim() }].sort((a, b) => order(a.name) - order(b.name) || a.name.localeCompare(b.name))
  return [TITLE, ...sections.map(({ name, text }) => `<!-- ${name} -->\n${text}\n<!-- end of ${name} -->\n`)].join('\n')
}

function order(id: string): number {
  return Number(id.replace(/\D/g, ''))
}
