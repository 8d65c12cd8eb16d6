// Tables of plain text that fit a width: columns shrink from the one that may lose most; where even that is too wide, each row
// becomes a few lines of its own. It knows nothing of what it shows.
import type { Channel, Style } from './terminal.ts'
import { fitText, padText, textWidth } from './text-width.ts'

/** One column. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** It may be cut to this many columns; without it it keeps its width. */
  readonly min?: number
}

/** One cell: its text, and how it looks. */
export type Cell = string | { readonly text: string; readonly style: Style }

const GAP = 2

/** Writes a table as lines without line ends. Cells hold no control characters. */
export function tableLines(channel: Channel, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell.text)))
  const widths = columns.map((column, index) => Math.max(textWidth(column.title), ...texts.map((row) => textWidth(row[index] ?? ''))))
  const fits = channel.isTerminal ? shrink(columns, widths, channel.columns) : widths
  if (fits === undefined) return rows.flatMap((row) => stacked(channel, columns, row))
  const line = (cells: readonly Cell[]): string =>
    cells.map((cell, index) => painted(channel, cell, (text) => set(text, columns[index], fits[index] ?? 0))).join(' '.repeat(GAP)).trimEnd()
  return [channel.paint('dim', line(columns.map((column) => column.title))), ...rows.map(line)]
}

/** The widths that fit, or undefined when none do. */
function shrink(columns: readonly Column[], natural: readonly number[], available: number): number[] | undefined {
  const widths = [...natural]
  let over = widths.reduce((sum, width) => sum + width + GAP, -GAP) - available
  while (over > 0) {
    const room = columns.map((column, index) => (widths[index] ?? 0) - (column.min ?? Number.POSITIVE_INFINITY))
    const widest = room.indexOf(Math.max(...room))
    const take = Math.min(over, room[widest] ?? 0)
    if (!(take > 0)) return undefined
    widths[widest] = (widths[widest] ?? 0) - take
    over -= take
  }
  return widths
}

/** Cells that may not be cut are left whole, so that an id can still be copied when the terminal wraps it. */
function stacked(channel: Channel, columns: readonly Column[], row: readonly Cell[]): string[] {
  const cells = row.flatMap((cell, index) => {
    const column = columns[index]
    return column === undefined || (typeof cell === 'string' ? cell : cell.text) === '' ? [] : [{ cell, column }]
  })
  const name = Math.max(0, ...cells.slice(1).map(({ column }) => textWidth(column.title)))
  return cells.map(({ cell, column }, index) => {
    const width = channel.columns - (index === 0 ? 0 : name + 4)
    const shown = painted(channel, cell, (text) => (column.min === undefined ? text : fitText(text, width)))
    return index === 0 ? shown : `  ${channel.paint('dim', padText(column.title, name))}  ${shown}`
  })
}

function set(text: string, column: Column | undefined, width: number): string {
  return padText(fitText(text, width), width, column?.align === 'right' ? 'left' : 'right')
}

function painted(channel: Channel, cell: Cell, change: (text: string) => string): string {
  return typeof cell === 'string' ? change(cell) : channel.paint(cell.style, change(cell.text))
}
