// The writer thread: the writer behind calls. Nothing else in the process writes to the file.
import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadData, WriterCalls } from './calls.ts'
import { loadFaults } from './faults.ts'
import { serve } from './serve.ts'
import { Writer } from './writer.ts'

if (parentPort === null) throw new Error('the writer runs in a worker thread')
const { file, faults } = workerData as ThreadData
const writer = new Writer(file, await loadFaults(faults))

serve<WriterCalls>(
  parentPort,
  {
    open: () => writer.open(),
    openLane: () => writer.openLane(),
    flush: (batch) => writer.flush(batch),
    loadBody: (means) => writer.bodies.load(means),
    announce: (announcement) => {
      writer.announce(announcement)
      return undefined
    },
    closeLane: () => {
      writer.closeLane()
      return undefined
    },
    close: () => {
      writer.close()
      return undefined
    },
  },
  () => writer.rest(),
)
