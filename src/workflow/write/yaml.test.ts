// The writers of YAML and JSON: what is read back is what was written, whatever stands in it; and the text is one that people read.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { WorkflowModel } from '../../model/workflow.ts'
import { parseJson } from '../../shared/parse-json.ts'
import { visibleText } from '../../shared/visible.ts'
import { canonicalModel } from '../canonical.ts'
import { writeJson } from './json.ts'
import { writeYaml } from './yaml.ts'

const NASTY = [
  '', ' ', 'yes', 'No', 'on', 'y', 'null', '~', 'true', '1.0', '1e5', '0x1f', '0o7', '.inf', '-.INF', '.nan', 'NaN', '2026-11-25', '12:30:45', '1_000', '-', '- a', '? a', ': ', 'a: b', 'a:', 'a #b', '#a',
  '${{ x }}', '${{ {"a": 1}.a }}', "${{ 'x' }}", '{a}', '[a]', '&a', '*a', '!a', '|', '>', '%a', '@a', '`a`', '=', '<<', '---', '...', 'a\nb', 'a\nb\n', 'a\n\nb', '\na', 'a\n\n', 'a \nb', ' a\nb', 'a\n  b\n c',
  '\n', '\r\n', 'a\rb', 'a\tb', '\ta', 'a\n\tb', 'ends with space ', "it's", '"quoted"', `both ' and "`, 'back\\slash', '\\n', '🙂', 'é', 'zero\u0000', '\u0085', '\u2028', '\ufeff', '\ufeffa', '\ud800', '\udc00a', '\ufffe', '\u007f',
  'x'.repeat(5000), `${'word '.repeat(1000)}end`, `a\n${'word '.repeat(1000)}end`, '10s', '1h 30m', '1s 2', '/signup', './x', '__proto__', 'constructor', 'steps.a.output.b >= 0.5 && c', 'a\n# b\n--- c',
]

const text = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '#', '-', "'", '"', '\\', '\t', '\r', '{', '}', '\ud83d', '\ude42', '!'), maxLength: 12 }))
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, text, fc.constantFrom<unknown>(null, true, false, 0, -1.5, 1e21, 1e-7, 2 ** 60, 123456789), fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(text.filter((key) => key !== '__proto__'), tie('value'), { maxKeys: 4 })),
})).value

const model = fc.record({ description: text, extra: data, schema: fc.dictionary(text.filter((key) => key !== '__proto__'), data, { minKeys: 1, maxKeys: 3 }), condition: text }).map(({ description, extra, schema, condition }): WorkflowModel => ({
  name: 'random', description, input: schema, steps: { a: { uses: 'x@^1', with: extra, if: condition }, b: { needs: ['a'], switch: [{ if: condition, uses: 'y', with: extra }, { else: true, steps: { c: { uses: 'z', description, with: { extra } } } }] } }, output: extra,
}))

test('YAML that is written and read is the model again', { timeout: 60_000 }, () => {
  fc.assert(fc.property(model, (one) => {
    const written = writeYaml(one)
    expect(JSON.stringify(parse(written))).toBe(JSON.stringify(canonicalModel(one)))
  }), { numRuns: 800 })
})

test('a reader of YAML 1.1 reads the same', () => {
  fc.assert(fc.property(model, (one) => {
    expect(JSON.stringify(parse(writeYaml(one), { version: '1.1', merge: false }))).toBe(JSON.stringify(canonicalModel(one)))
  }), { numRuns: 300 })
})

test('JSON that is written and read is the model again', () => {
  fc.assert(fc.property(model, (one) => {
    const written = writeJson(one)
    expect(written).toBe(Buffer.from(written).toString())
    expect(JSON.stringify(parseJson(written))).toBe(JSON.stringify(canonicalModel(one)))
  }))
})

test('the text can be kept as UTF-8 and in files of any editor', () => {
  fc.assert(fc.property(model, (one) => {
    const written = writeYaml(one)
    expect(Buffer.from(written).toString()).toBe(written)
    expect(written).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/)
  }))
})

describe('the text', () => {
  test('reads as people write it', () => {
    expect(writeYaml({
      layout: { a: { x: 1, y: -2 } },
      output: { score: '${{ steps.score.output.score }}', list: [] },
      steps: {
        enrich: { retry: { maxAttempts: 5, initialDelay: '1s' }, with: { url: 'https://example.com/${{ input.email }}', text: 'Dear all,\n\n- one\n- two\n' }, uses: 'http.request', timeout: '10s' },
        score: { needs: 'enrich', uses: 'score-lead@^1', with: '${{ steps.enrich.output.body }}', if: "steps.enrich.output.kind == 'vip'" },
        route: { switch: [{ if: 'true', uses: 'a' }, { else: true, steps: { in: { uses: 'b', with: [[1, 2], { k: 'yes' }, {}] } } }] },
      },
      input: { type: 'object', properties: { email: { type: 'string', format: 'email' } }, required: ['email'] },
      description: 'Takes people in.',
      name: 'onboard',
    }, { schema: '../schema/workflow.json' })).toBe(`# yaml-language-server: $schema=../schema/workflow.json
name: onboard
description: Takes people in.
input:
  properties:
    email:
      format: email
      type: string
  required: [email]
  type: object
steps:
  enrich:
    uses: http.request
    with:
      text: |
        Dear all,

        - one
        - two
      url: https://example.com/\${{ input.email }}
    retry:
      initialDelay: 1s
      maxAttempts: 5
    timeout: 10s
  score:
    needs: [enrich]
    if: steps.enrich.output.kind == 'vip'
    uses: score-lead@^1
    with: \${{ steps.enrich.output.body }}
  route:
    switch:
      - if: 'true'
        uses: a
      - else: true
        steps:
          in:
            uses: b
            with:
              - - 1
                - 2
              - k: 'yes'
              - {}
output:
  list: []
  score: \${{ steps.score.output.score }}
layout:
  a: { x: 1, y: -2 }
`)
  })

  test('names the schema of the package beside it when no other is given', () => {
    expect(writeYaml({ name: 'a', steps: {} }).split('\n')[0]).toBe('# yaml-language-server: $schema=node_modules/wumbo/schema/workflow.json')
  })
})

test('a model written as YAML reads back as the same, and holds nothing that steers a terminal', () => {
  const hostile = fc.constantFrom('\u001b[2J', '\u202e', 'a\tb', ' #x', '- y', "'", '"', '\n', 'a: b', '\u0085', '\u2028', '\u0000', 'null', '1', '\ufeff')
  const text = fc.array(fc.oneof(hostile, fc.string({ unit: 'binary-ascii' })), { maxLength: 4 }).map((parts) => parts.join(''))
  const value = fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 3 })
  fc.assert(
    fc.property(fc.dictionary(text.filter((key) => key !== '__proto__'), fc.oneof(text, value, fc.array(text)), { maxKeys: 4, noNullPrototype: true }), (more) => {
      const model = { name: 'x', steps: {}, output: more } as WorkflowModel
      const yaml = writeYaml(model, { schema: null })
      expect(visibleText(yaml)).toBe(yaml)
      expect(JSON.parse(JSON.stringify(parse(yaml)))).toEqual(JSON.parse(JSON.stringify(model))) // JSON knows no -0
    }),
    { numRuns: 300 },
  )
})
