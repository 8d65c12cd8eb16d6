// Runs the service as a process of its own: `node service-process.ts [port]`. It prints its address and serves
// until it is ended. The kill test uses it, so that the service survives what the workflow does not.
import { placesIn } from './places.ts'
import { startService } from './service.ts'

const service = await startService({ log: placesIn().calls, port: Number(process.argv[2] ?? 0) })
process.stdout.write(`${service.url}\n`)
process.once('SIGTERM', () => {
  void service.close().then(() => process.exit(0))
})
