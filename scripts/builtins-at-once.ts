import type { Plugin } from 'rolldown'

/** What rolldown writes for all imports of one module of Node.js. */
const IMPORT = /^import \{ ([^}]+) \} from ("node:[^"]+");$/gm

/**
 * Takes the modules of Node.js by `process.getBuiltinModule`. An `import` reads every property of such a module to make its
 * exports. That runs the getters of `node:fs` and `node:util`, which load streams, `fs/promises`, `parseArgs` and more.
 */
export const builtinsAtOnce: Plugin = {
  name: 'take the modules of Node.js at once',
  // Each statement stays on its line, as the source map says.
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle))
      if (chunk.type === 'chunk') chunk.code = chunk.code.replaceAll(IMPORT, taken)
  },
}

function taken(_: string, names: string, module: string): string {
  return `const { ${names.replaceAll(' as ', ': ')} } = process.getBuiltinModule(${module});`
}
