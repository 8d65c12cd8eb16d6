// The templates file.read and file.write on real folders: formats, the root as a border, and all or nothing.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AbortedError, FileFailedError, InputInvalidError, PayloadTooLargeError } from '../errors.ts'
import { createContext } from '../template/context.ts'
import { fileRead, type FileReadConfig, type FileReadInput } from './file-read.ts'
import { fileWrite, type FileWriteConfig, type FileWriteInput } from './file-write.ts'

let base: string
let root: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'wumbo-files-'))
  root = join(base, 'root')
  mkdirSync(join(root, 'sub'), { recursive: true })
  mkdirSync(join(base, 'outside'))
  writeFileSync(join(base, 'outside', 'secret.txt'), 'secret')
  writeFileSync(join(root, 'a.txt'), 'héllo')
})
afterEach(() => rmSync(base, { recursive: true }))

const read = (path: string, more: Partial<FileReadInput> = {}, config: FileReadConfig = {}): ReturnType<typeof fileRead> => fileRead.configure({ root, ...config })({ path, ...more })
const write = (path: string, data: unknown, more: Partial<FileWriteInput> = {}, config: FileWriteConfig = {}): ReturnType<typeof fileWrite> => fileWrite.configure({ root, ...config })({ path, data, ...more })

/** Paths that lead out of the root, or to what is no plain file. */
const outside = ['../outside/secret.txt', 'sub/../../outside/secret.txt', '..', '.', '', 'sub', 'a.txt\0.json', '/etc/passwd', '../root/../outside/secret.txt', 'link.txt', 'linked/secret.txt', 'chain.txt']

function plantLinks(): void {
  symlinkSync(join(base, 'outside', 'secret.txt'), join(root, 'link.txt'))
  symlinkSync(join(base, 'outside'), join(root, 'linked'))
  symlinkSync('link.txt', join(root, 'chain.txt'))
}

describe('file.read', () => {
  it.each([
    ['a.txt', 'text', 'héllo', 'héllo'], ['b.json', 'json', '{"a":1}', { a: 1 }], ['b.JSON', 'json', '[]', []], ['c.jsonl', 'jsonl', '1\n\n{"b":2}\r\n', [1, { b: 2 }]], ['c.ndjson', 'jsonl', '', []], ['d', 'text', '\ufeffbom', 'bom'],
  ])('reads %s as %s', async (path, format, content, data) => {
    writeFileSync(join(root, path), content)
    expect(await read(path)).toEqual({ path, format, data, bytes: Buffer.byteLength(content) })
  })

  it('reads any bytes as base64, and text of another name as JSON when told', async () => {
    writeFileSync(join(root, 'x.bin'), Buffer.from([0, 255]))
    expect(await read('x.bin', { format: 'base64' })).toMatchObject({ data: 'AP8=' })
    writeFileSync(join(root, 'x.txt'), '{}')
    expect(await read('x.txt', { format: 'json' })).toMatchObject({ data: {} })
  })

  it('says what is wrong with the content, and in which line', async () => {
    writeFileSync(join(root, 'x.jsonl'), '1\n2\noops\n')
    await expect(read('x.jsonl')).rejects.toThrow(/^x\.jsonl:3: expected JSON/)
    writeFileSync(join(root, 'x.txt'), Buffer.from([0xff]))
    await expect(read('x.txt')).rejects.toThrow(/expected text in UTF-8/)
  })

  it.each(outside)('refuses %j', async (path) => {
    plantLinks()
    await expect(read(path)).rejects.toThrow(/root folder|expected a file|NUL|ENOENT/)
  })

  it('follows links that stay inside, and takes absolute paths below the root', async () => {
    symlinkSync('../a.txt', join(root, 'sub', 'inner.txt'))
    symlinkSync(root, join(base, 'alias'))
    expect(await read('sub/inner.txt')).toMatchObject({ path: 'sub/inner.txt', data: 'héllo' })
    expect(await read(join(root, 'a.txt'))).toMatchObject({ path: 'a.txt' })
    expect(await read('sub/../a.txt')).toMatchObject({ path: 'a.txt' })
    expect(await read(join(base, 'alias', 'a.txt'), {}, { root: join(base, 'alias') })).toMatchObject({ path: 'a.txt' })
  })

  it.skipIf(process.platform === 'win32')('refuses a pipe without waiting for a writer', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    await expect(read('pipe')).rejects.toThrow(/expected a file, got something else/)
  })

  it('refuses hidden names unless they are allowed', async () => {
    writeFileSync(join(root, '.env'), 'KEY=1')
    mkdirSync(join(root, '.git'))
    writeFileSync(join(root, '.git', 'config'), 'x')
    await expect(read('.env')).rejects.toThrow(/does not begin with a dot/)
    await expect(read('.git/config')).rejects.toThrow(FileFailedError)
    expect(await read('.env', {}, { hidden: true })).toMatchObject({ data: 'KEY=1' })
  })

  it('reads as many bytes as the limit says, and no more', async () => {
    writeFileSync(join(root, 'big.txt'), 'x'.repeat(1001))
    await expect(read('big.txt', {}, { maxBytes: 1000 })).rejects.toThrow(PayloadTooLargeError)
    expect(await read('big.txt', {}, { maxBytes: 1001 })).toMatchObject({ bytes: 1001 })
    await expect(read('/dev/zero', {}, { root: '/', maxBytes: 1000 })).rejects.toThrow(FileFailedError)
  })

  it('says that a file or the root is missing', async () => {
    await expect(read('none.txt')).rejects.toMatchObject({ code: 'FILE_FAILED', retryable: false, path: 'none.txt', details: { code: 'ENOENT' } })
    await expect(read('a.txt', {}, { root: join(base, 'nowhere') })).rejects.toMatchObject({ remedy: expect.stringContaining('root folder') })
  })
})

describe('file.write', () => {
  it.each([
    ['a.txt', 'text', 'text', 'text'], ['a.json', undefined, { b: 1 }, '{\n  "b": 1\n}\n'], ['a.jsonl', undefined, [1, { b: 2 }], '1\n{"b":2}\n'], ['a.bin', 'base64', 'AP8=', Buffer.from([0, 255])], ['sub/empty', undefined, '', ''],
  ] as const)('writes %s', async (path, format, data, content) => {
    const result = await write(path, data, format === undefined ? {} : { format })
    expect(readFileSync(join(root, path))).toEqual(Buffer.from(content as string))
    expect(result).toEqual({ path, bytes: Buffer.byteLength(content) })
  })

  it('can be repeated, and leaves nothing beside the file', async () => {
    const first = await write('out.json', { a: 1 })
    expect(await write('out.json', { a: 1 })).toEqual(first)
    expect(readdirSync(root).sort()).toEqual(['a.txt', 'out.json', 'sub'])
  })

  it('writes what file.read reads', async () => {
    await write('x.jsonl', [{ a: 'ü' }, null])
    expect(await read('x.jsonl')).toMatchObject({ data: [{ a: 'ü' }, null] })
  })

  it('makes folders only when asked', async () => {
    await expect(write('new/deep/x.txt', 'x')).rejects.toMatchObject({ code: 'FILE_FAILED', remedy: expect.stringContaining('createFolders') })
    expect(existsSync(join(root, 'new'))).toBe(false)
    expect(await write('new/deep/x.txt', 'x', { createFolders: true })).toEqual({ path: 'new/deep/x.txt', bytes: 1 })
    expect(await write('top.txt', 'x', { createFolders: true })).toEqual({ path: 'top.txt', bytes: 1 })
  })

  it.each(outside.filter((path) => !['link.txt', 'chain.txt'].includes(path)))('refuses %j', async (path) => {
    plantLinks()
    for (const createFolders of [false, true]) await expect(write(path, 'x', { createFolders })).rejects.toThrow(/root folder|expected a file|NUL/)
    expect(readFileSync(join(base, 'outside', 'secret.txt'), 'utf8')).toBe('secret')
    await expect(write('linked/new/x.txt', 'x', { createFolders: true })).rejects.toThrow(FileFailedError)
    expect(readdirSync(join(base, 'outside'))).toEqual(['secret.txt'])
  })

  it('replaces a link or a second name instead of writing through it', async () => {
    plantLinks()
    linkSync(join(base, 'outside', 'secret.txt'), join(root, 'hard.txt'))
    await write('link.txt', 'mine')
    await write('hard.txt', 'mine')
    expect(lstatSync(join(root, 'link.txt')).isSymbolicLink()).toBe(false)
    expect(readFileSync(join(base, 'outside', 'secret.txt'), 'utf8')).toBe('secret')
  })

  it.skipIf(process.platform === 'win32')('keeps the rights of the file that it replaces', async () => {
    chmodSync(join(root, 'a.txt'), 0o600)
    await write('a.txt', 'new')
    expect(statSync(join(root, 'a.txt')).mode & 0o777).toBe(0o600)
  })

  it('leaves the old file and nothing else when it is aborted or fails', async () => {
    const context = createContext({ signal: AbortSignal.abort(new AbortedError('cancelled')) })
    const template = fileWrite.configure({ root })
    const checked = await template.check({ path: 'a.txt', data: 'new' })
    await expect(template.invoke(checked, context)).rejects.toMatchObject({ code: 'ABORTED' })
    mkdirSync(join(root, 'folder.txt'))
    await expect(write('folder.txt', 'x')).rejects.toThrow(/got a folder/)
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('héllo')
    // The caller of an aborted step does not wait for its body, which cleans up on its own.
    await vi.waitFor(() => expect(readdirSync(root).sort()).toEqual(['a.txt', 'folder.txt', 'sub']))
  })

  it.each([['x.txt', { a: 1 }], ['x.txt', null], ['x.jsonl', { a: 1 }]])('refuses for %s data that its format cannot say: %j', async (path, data) => {
    await expect(write(path, data)).rejects.toThrow(InputInvalidError)
  })

  it.each(['???', 'AP8', 'A=B='])('refuses %j as base64', async (data) => {
    await expect(write('x', data, { format: 'base64' })).rejects.toThrow(InputInvalidError)
  })
})
