// `wumbo init`: a project that runs at once, and nothing overwritten.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Project } from './command.ts'

let project: Project
afterEach(() => project.remove())

const read = (path: string): string => readFileSync(join(project.folder, path), 'utf8')

test('an empty folder becomes a project whose example runs', async () => {
  project = await Project.make()
  const { code, out } = await project.run(['init'])
  expect(code).toBe(0)
  for (const path of ['wumbo.yaml', 'package.json', 'tsconfig.json', 'templates/hello.ts', 'workflows/hello.ts', 'workflows/greet-all.yaml', '.gitignore']) {
    expect(out).toContain(`wrote  ${path}`)
    expect(existsSync(join(project.folder, path))).toBe(true)
  }
  expect(out).toContain('npx wumbo run hello')
  expect(read('.gitignore')).toContain('.wumbo/')
  const ran = await project.run(['run', 'hello'])
  expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('hello completed') })
  expect(JSON.parse(ran.out)).toEqual({ greetings: ['Hello, Ada!', 'Hello, Grace!'] })
  expect(JSON.parse((await project.run(['run', 'greet-all'])).out)).toEqual({ each: ['Hello, Ada!', 'Hello, Grace!'], together: 'Hello, all 2!' })
  expect(JSON.parse((await project.run(['run', 'greet-all', '--input', '{"names":["Ada"]}'])).out)).toEqual({ each: ['Hello, Ada!'], together: null })
  expect(read('workflows/greet-all.yaml').split('\n')[0]).toBe('# yaml-language-server: $schema=../node_modules/wumbo/schema/workflow.json')
  expect(await project.run(['validate'])).toMatchObject({ code: 0, out: '' })
})

test('a second time it keeps everything', async () => {
  project = await Project.make()
  await project.run(['init'])
  await project.write('workflows/hello.ts', '// mine\n')
  const { code, out } = await project.run(['init', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ created: [], kept: ['wumbo.yaml', 'package.json', '.gitignore'] })
  expect(read('workflows/hello.ts')).toBe('// mine\n')
})

test('what is there stays, and is completed', async () => {
  project = await Project.make({ 'package.json': '{"name":"mine"}', '.gitignore': 'dist', 'shop/templates/hello.ts': '// mine\n' })
  expect((await project.run(['init'])).out).toContain('kept   package.json')
  expect(read('package.json')).toBe('{"name":"mine"}')
  expect(read('.gitignore')).toBe('dist\n.wumbo/\n')
  const shop = await project.run(['init', 'shop'])
  expect(shop.out).toContain('kept   templates/hello.ts')
  expect(shop.out).toContain('cd shop')
  expect(read('shop/templates/hello.ts')).toBe('// mine\n')
})

test('where package.json says CommonJS, the example is written so that it still runs', async () => {
  project = await Project.make({ 'package.json': '{"type":"commonjs"}' })
  expect((await project.run(['init'])).out).toContain('wrote  workflows/hello.mts')
  expect((await project.run(['run', 'hello', '--quiet'])).code).toBe(0)
})

test('a folder that cannot be written is told', async () => {
  project = await Project.make({ 'taken': 'a file' })
  expect(await project.run(['init', 'taken/inside'])).toMatchObject({ code: 4, out: '', err: expect.stringContaining('FILE_FAILED') })
})
