// What was asked for on the command line: which benchmarks, how long, which lanes. Pure: it reads no environment.
import { parseArgs } from 'node:util'

export const LANES = ['ours', 'yaml', 'peer', 'peer-defaults', 'peer-redis', 'ceiling'] as const
export type Lane = (typeof LANES)[number]

export interface Request {
  readonly ids: readonly string[]
  readonly quick: boolean
  readonly rounds: number
  readonly lanes: readonly Lane[]
  readonly folder: string | undefined
  readonly help: boolean
}

const FULL_ROUNDS = 5
const QUICK_ROUNDS = 3

export const USAGE = `npm run bench -- [ids] [--quick] [--rounds N] [--lanes ours,peer,ceiling] [--folder DIR]

  ids        benchmarks to run, such as B2 B3; all of them when none is named
  --quick    ${QUICK_ROUNDS} rounds of smaller counts: a look, not a result; RESULTS.md is left alone
  --rounds   rounds in place of ${FULL_ROUNDS} (of ${QUICK_ROUNDS} with --quick); below ${FULL_ROUNDS}, RESULTS.md is left alone
  --lanes    some of ${LANES.join(', ')}; without all of them, RESULTS.md is left alone
  --folder   where the data of the runs is kept meanwhile (a file system that reaches a disk); default: the temp folder`

export function parseRequest(argv: readonly string[], known: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      lanes: { type: 'string' },
      folder: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const ids = positionals.map((id) => id.toUpperCase())
  const unknown = ids.filter((id) => !known.includes(id))
  if (unknown.length > 0) throw new TypeError(`no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`)
  const rounds = values.rounds === undefined ? (values.quick ? QUICK_ROUNDS : FULL_ROUNDS) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError(`--rounds takes a whole number from 1, not ${values.rounds}`)
  return {
    ids: ids.length === 0 ? known : known.filter((id) => ids.includes(id)),
    quick: values.quick,
    rounds,
    lanes: values.lanes === undefined ? LANES : values.lanes.split(',').map(lane),
    folder: values.folder,
    help: values.help,
  }
}

function lane(name: string): Lane {
  const found = LANES.find((known) => known === name)
  if (found === undefined) throw new TypeError(`no lane ${name}; there are ${LANES.join(', ')}`)
  return found
}

/** Whether a run was long and whole enough to be written down. */
export function isRecord(request: Request): boolean {
  return !request.quick && request.rounds >= FULL_ROUNDS && LANES.every((name) => request.lanes.includes(name))
}
