// Every relative link of a Markdown file leads to a file that is there, and to a heading where it names one.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? pagesIn(path) : entry.name.endsWith('.md') ? [path] : []
  })
}

const pages = [...readdirSync(root).filter((name) => name.endsWith('.md')).map((name) => join(root, name)), ...pagesIn(join(root, 'docs'))]

/** The text of a page without its code. */
function prose(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
}

/** Headings as the places that links name: small letters, no punctuation, dashes for spaces. */
function places(page: string): string[] {
  const headings = readFileSync(page, 'utf8').replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-'))
}

function problems(page: string): string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path = '', place] = link.split('#')
    const target = path === '' ? page : resolve(dirname(page), path)
    if (!existsSync(target)) return [`${relative(root, page)}: ${link} leads nowhere`]
    return place === undefined || statSync(target).isDirectory() || places(target).includes(place) ? [] : [`${relative(root, page)}: ${link}: there is no such heading`]
  })
}

test('every link between pages leads somewhere', () => {
  expect(pages.length).toBeGreaterThan(5)
  expect(pages.flatMap(problems)).toEqual([])
})
