import type { Plugin } from 'rolldown'

/**
 * Writes characters beyond ASCII as escapes. One of them makes V8 keep the text of the whole file with two bytes for each
 * character: it reads the file more slowly, and needs twice the memory.
 */
export const asciiOnly: Plugin = {
  name: 'write ASCII only',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle))
      if (chunk.type === 'chunk') chunk.code = chunk.code.replaceAll(BEYOND_ASCII, escaped)
  },
}

const BEYOND_ASCII = /[^\0-\x7F]/g

/** It means the same in a string, a template and a regular expression, which is where such characters are. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
