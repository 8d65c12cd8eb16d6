import { describe, expect, it } from 'vitest'
import { StatementCount } from './statements.ts'

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, Buffer.from(body)])
}

const session = Buffer.concat([
  message('R', '\0\0\0\0'), message('Z', 'I'), message('C', 'BEGIN\0'), message('D', 'C and I are letters of a row'), message('C', 'SELECT 1\0'), message('I', ''),
  message('E', 'an error ends nothing'), message('C', 'COMMIT\0'), message('Z', 'I'),
])

describe('StatementCount', () => {
  it('counts each statement that the server has carried out', () => {
    const count = new StatementCount()
    count.feed(session)
    expect(count.statements).toBe(4)
  })

  it('reads messages that come in pieces', () => {
    const count = new StatementCount()
    for (const byte of session) count.feed(Buffer.from([byte]))
    expect(count.statements).toBe(4)
  })
})
