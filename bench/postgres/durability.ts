// How a new connection to a database is set: what connections of a peer get, which sets nothing itself.
import { onConnection } from './server.ts'

export async function connectionDurability(url: string): Promise<string> {
  const { rows: [row] } = await onConnection(url, (client) => client.query<{ fsync: string; commit: string }>("select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit"))
  if (row?.fsync !== 'on' || row.commit === 'off') throw new Error(`check failed: fsync = ${row?.fsync}, synchronous_commit = ${row?.commit}`)
  return `fsync = ${row.fsync}, synchronous_commit = ${row.commit}`
}
