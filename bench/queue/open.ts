// Opens the queue of a lane. The peers' own packages are only known at run time.
import { openWumboQueue } from './wumbo.ts'
import { connectionDurability } from '../postgres/durability.ts'
import type { OpenOptions, OpenQueue, Queue } from './contract.ts'

export type QueueName = 'wumbo' | 'graphile-worker' | 'bullmq'

export async function openQueue(name: QueueName, options: OpenOptions): Promise<Queue> {
  if (name === 'wumbo') return openWumboQueue(options)
  const { openQueue: open } = (await import(new URL(`../peers/${name}.mjs`, import.meta.url).href)) as { openQueue: OpenQueue } // as the contract says
  const queue = await open(options)
  return name === 'bullmq' ? queue : { ...queue, durability: await connectionDurability(options.url) }
}
