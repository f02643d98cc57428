import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodeBlock } from './code-blocks.ts'

/** Blocks that say something else than the file that they quote. A line `// …` leaves lines out. */
export function misquotes(root: string, blocks: readonly CodeBlock[]): string[] {
  return blocks.flatMap(({ place, code, source }) => {
    if (source === undefined) return []
    let rest = withoutIndents(readFileSync(join(root, source), 'utf8'))
    for (const part of withoutIndents(code).split(/^\/\/ …$/m)) {
      const at = rest.indexOf(part.trim())
      if (at === -1)
        return [`${place} quotes ${source}, which does not say (any more, or in this order):\n${part.trim()}`]
      rest = rest.slice(at + part.trim().length)
    }
    return []
  })
}

function withoutIndents(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
}
