// Puts one blob, and says on its output where it begins and where it is done.
import { writeSync } from 'node:fs'
import { sqliteBlobs } from '../../../../src/store/sqlite/blobs.ts'

const [file = ''] = process.argv.slice(2)
writeSync(1, '{"put":"begins"}\n')
await sqliteBlobs(file, false).put('one', Uint8Array.from([1, 2, 3]))
writeSync(1, '{"put":"done"}\n')
