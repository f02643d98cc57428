import { writeFileSync } from 'node:fs'
import { dirname, basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { agrees } from '../../scripts/code-blocks/agrees.ts'
import { codeBlocksOf } from '../../scripts/code-blocks/code-blocks.ts'
import { misquotes } from '../../scripts/code-blocks/misquotes.ts'
import { moduleOf } from '../../scripts/code-blocks/module-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function blocksOf(text: string): ReturnType<typeof codeBlocksOf> {
  const page = join(temporaryDirectory(), 'page.md')
  writeFileSync(page, text)
  return codeBlocksOf(dirname(page), basename(page))
}

const fenced = (text: string, language = ''): string => `\`\`\`${language}\n${text}\n\`\`\`\n`

describe('the check of the code in the documentation', () => {
  test('takes for the output of a block what the page shows behind it, and nothing of another block', () => {
    const page = `<!-- run -->\n\n${fenced('a()', 'ts')}\n\nprints:\n\n${fenced('one')}\n\n${fenced('two')}\n\n${fenced('b()', 'ts')}`
    expect(blocksOf(page).map(({ code, output }) => [code, output])).toEqual([
      ['a()', 'one'],
      ['b()', undefined],
    ])
  })

  test('takes the comments behind console.log, where no output follows', () => {
    const [block] = blocksOf(
      `<!-- run -->\n\n${fenced('console.log(1) // 1\nwork() // no claim\nconsole.log(2) // 2', 'ts')}`,
    )
    expect(block?.output).toBe('1\n2')
  })

  test('names the line of a block', () => {
    expect(blocksOf(`# Title\n\ntext\n\n${fenced('a()', 'ts')}`)[0]?.place).toBe('page.md:5')
  })

  test('puts a block where its setup says, with all imports in front', () => {
    const [block] = blocksOf(
      `<!-- run\nimport a from 'a'\nconst x = {\n// the block\n}\n-->\n\n${fenced("import b from 'b'\ny: 1", 'ts')}`,
    )
    expect(moduleOf(block!)).toMatch(/^\/\/ page.*\n(?:import .*\n){3}try \{\n\s*const x = \{\n\s*y: 1\n\}/)
  })

  test.each([
    ['work()\n// …\nrest()', true],
    ['  work({ a: 1 })', false],
    ['rest()\n// …\nwork()', false],
  ])('compares a block that quotes a file with that file: %j', (quote, expected) => {
    const folder = temporaryDirectory()
    writeFileSync(join(folder, 'some.ts'), 'function all() {\n  work()\n  more()\n  rest()\n}\n')
    writeFileSync(join(folder, 'page.md'), `<!-- from some.ts -->\n\n${fenced(quote, 'ts')}`)
    expect(misquotes(folder, codeBlocksOf(folder, 'page.md')).length === 0).toBe(expected)
  })

  test.each([
    ['one', 'one', true],
    ['one', 'two', false],
    ['one\ntwo', 'one', false],
    ['one (a.b)', 'one (a.b)', true],
    ['one (axb)', 'one (a.b)', false],
    ['one two three', 'one … three', true],
    ['waited 204 ms', 'waited 201 ms', true],
    ['waited 204 s', 'waited 201 s', false],
    ['PoolError (POOL_X): text', 'PoolError: text', true],
    ['PoolError (POOL_X): text', 'PoolError (POOL_Y): text', false],
  ])('compares what is printed, %j, with the claim %j: %s', (printed, claimed, expected) => {
    expect(agrees(printed, claimed)).toBe(expected)
  })
})
