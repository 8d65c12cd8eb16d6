// An error as node:sqlite throws it when the disk fails.

/** SQLITE_IOERR_FSYNC: the disk did not take what was written. */
export function diskError(): Error {
  return Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 | (4 << 8), errstr: 'disk I/O error' })
}
