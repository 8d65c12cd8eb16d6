// Who is let in when: few at first, more as they prove harmless, suspects last and alone.
import { expect, test } from 'vitest'
import { VirtualTime } from '../testing/virtual-time.ts'
import { ProcessClock } from '../testing/process-clock.ts'
import { Probation, type Probationer } from './probation.ts'

function rig(): { probation: Probation; entered: string[]; admit(name: string, blame?: number): Probationer; time: VirtualTime } {
  const time = new VirtualTime()
  const probation = new Probation(new ProcessClock(time))
  const entered: string[] = []
  return {
    probation, entered, time,
    admit(name, blame = 0) {
      const run: Probationer = { blame, enter: () => void entered.push(name) }
      probation.admit(run)
      return run
    },
  }
}

test('eight at first, and twice as many with each that proves harmless', () => {
  const { probation, entered, admit } = rig()
  const runs = Array.from({ length: 40 }, (_, index) => admit(`r${index}`))
  expect(entered).toHaveLength(8)
  probation.discharge(runs[0]!)
  expect(entered).toHaveLength(17) // sixteen, and the one that left
  probation.discharge(runs[0]!)
  expect(entered).toHaveLength(17)
  probation.discharge(runs[1]!)
  expect(entered).toHaveLength(34)
})

test('who was there at one death comes after the others, who was there at two comes alone', () => {
  const { probation, entered, admit } = rig()
  const others = Array.from({ length: 8 }, (_, index) => admit(`r${index}`))
  const suspects = [admit('twice', 2), admit('twice too', 2)]
  const once = admit('once', 1)
  const late = admit('late')
  for (const run of others) probation.discharge(run)
  expect(entered.slice(8)).toEqual(['late', 'once'])
  probation.discharge(late)
  expect(entered).toHaveLength(10)
  probation.discharge(once)
  expect(entered.slice(10)).toEqual(['twice'])
  probation.discharge(suspects[0]!)
  expect(entered.slice(11)).toEqual(['twice too'])
})

test('a run that lives for a while keeps nobody waiting', () => {
  const { entered, admit, time } = rig()
  for (let n = 0; n < 12; n++) admit(`r${n}`)
  expect(entered).toHaveLength(8)
  while (time.step());
  expect(entered).toHaveLength(12)
})
