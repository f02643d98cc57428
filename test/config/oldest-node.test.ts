import { transformSync } from 'esbuild'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** esbuild leaves no regular expression with `\p{…}` to Node.js, which knows them since version 10. */
const supported = { 'regexp-unicode-property-escapes': true }

const PACKAGES = join(import.meta.dirname, '../../packages')

test.each(['dialect', 'pools'])(
  'the sources of %s have no syntax that the oldest Node.js it supports does not know',
  (name) => {
    const { engines } = JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8'))
    const oldest = `node${engines.node.replace(/^>=/, '')}`
    const sources = globSync(`${name}/src/**/*.ts`, { cwd: PACKAGES })
    const tooNew = sources.filter((source) => {
      const text = readFileSync(join(PACKAGES, source), 'utf8')
      const codeFor = (target: string): string =>
        transformSync(text, { loader: 'ts', target, supported }).code
      return codeFor(oldest) !== codeFor('esnext')
    })
    expect(sources.length).toBeGreaterThan(10)
    expect(tooNew).toEqual([])
  },
)
