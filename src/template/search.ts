// Ranks templates by how well they match words: where a word is found decides, not how often.
import type { AnyTemplate, TemplateMetadata } from './contract.ts'

/** The templates that have every word of the text, best match first; equal ones in the order of their names. */
export function rank(templates: readonly AnyTemplate[], text: string): AnyTemplate[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '')
  return templates
    .map((template) => ({ template, score: scoreOf(template.meta, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.template.meta.name < b.template.meta.name ? -1 : 1))
    .map(({ template }) => template)
}

/** The sum over all words; 0 when one of them is found nowhere. */
function scoreOf(meta: TemplateMetadata, words: readonly string[]): number {
  const whole = words.join(' ')
  let sum = meta.name === whole || meta.name === words.join('-') ? 100 : 0
  for (const word of words) {
    const score = scoreWord(meta, word)
    if (score === 0) return 0
    sum += score
  }
  return sum
}

function scoreWord(meta: TemplateMetadata, word: string): number {
  const names = [meta.name, ...(meta.aliases ?? [])]
  const tags = [...(meta.tags ?? []), meta.category ?? '', meta.kind ?? ''].map((tag) => tag.toLowerCase())
  if (names.includes(word)) return 40
  if (names.some((name) => name.split(/[-._]/).includes(word))) return 20
  if (tags.includes(word)) return 15
  if (names.some((name) => name.startsWith(word))) return 12
  if (names.some((name) => name.includes(word))) return 8
  if (tags.some((tag) => tag.includes(word))) return 5
  const description = meta.description.toLowerCase()
  if (description.split(/[^\p{L}\p{N}]+/u).includes(word)) return 3
  return description.includes(word) ? 1 : 0
}
