import type { CodeBlock } from './code-blocks.ts'

/**
 * A block as a module. Imports and declarations of what only exists for the types go to the top. The rest is in functions, so that it can use `await` and `return`, and so that a block can
 * have its own `db` where the setup has one.
 */
export function moduleOf({ place, setup, code }: CodeBlock): string {
  const [setupImports, setupRest] = withoutImports(setup)
  const [imports, rest] = withoutImports(withoutExports(code))
  const scoped = `await (async () => {\n${rest}\n})()`
  const body = setupRest.includes(HERE) ? setupRest.replace(HERE, () => rest) : `${setupRest}\n${scoped}`
  return [
    `// ${place}`,
    "import { report, showWarnings, typed } from './globals.ts'",
    ...setupImports.filter((line) => !imports.includes(line)),
    ...imports,
    `try {\n${body}\n} catch (error) {\n  report(error)\n}\n`,
  ].join('\n')
}

const HERE = '// the block'

function withoutImports(code: string): [imports: string[], rest: string] {
  const imports: string[] = []
  const rest = code.replace(/^(?:import\b(?!\()[^'"]*(['"])[^'"]+\1[^\n]*|declare .*)$/gm, (line) => {
    imports.push(line)
    return ''
  })
  return [imports, rest]
}

/** In a function, nothing can be exported. */
function withoutExports(code: string): string {
  return code.replace(/^export default /gm, 'void ').replace(/^export (?=const|function|async|class)/gm, '')
}
