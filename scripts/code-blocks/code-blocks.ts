import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lexer, type Token } from 'marked'

/** A block of TypeScript in a page, or one behind the scenes whose output the page shows. */
export interface CodeBlock {
  /** Such as `docs/urls.md:74`. */
  readonly place: string
  /** What the page shows; empty where it shows the output alone. */
  readonly code: string
  /** What comes before it, from the comment in front of it. */
  readonly setup: string
  /** What it claims to print; undefined where it is not run. */
  readonly output: string | undefined
  /** The file that it quotes; undefined where its code is its own. */
  readonly source?: string | undefined
}

/**
 * The blocks of a page.
 *
 * A block is checked on its own. What it needs stands in an HTML comment in front of it, which a reader does not see:
 * `<!-- setup` and code, or `<!-- run` and code, for a block that is run too. In that code, a line `// the block` says where the
 * block goes; otherwise it goes to the end. A block that is run claims what the block of text behind it says, or else the
 * comments behind its `console.log`. A comment in front of a block of text is run as it is. A block behind
 * `<!-- from examples/some.ts -->` quotes that file, which is checked and run on its own.
 */
export function codeBlocksOf(root: string, page: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let line = 1
  let comment: Comment | undefined
  let ran: { index: number } | undefined
  for (const token of lexer(readFileSync(join(root, page), 'utf8'))) {
    const place = `${page}:${line}`
    line += token.raw.split('\n').length - 1
    if (token.type === 'space') continue
    if (token.type === 'code' && token.codeBlockStyle !== 'indented') {
      const { lang = '', text } = token as { lang?: string; text: string }
      if (lang === 'ts') {
        const isRun = comment?.kind === 'run'
        const output = isRun ? printed(text) : undefined
        ran = isRun
          ? { index: blocks.push({ place, code: text, setup: comment?.code ?? '', output }) - 1 }
          : undefined
        if (comment?.kind === 'from')
          blocks.push({ place, code: text, setup: '', output, source: comment.code.trim() })
        else if (!isRun) blocks.push({ place, code: text, setup: comment?.code ?? '', output })
      } else if (comment?.kind === 'run') {
        blocks.push({ place, code: '', setup: comment.code, output: text })
      } else if (ran !== undefined && lang !== 'sh') {
        blocks[ran.index] = { ...blocks[ran.index]!, output: text }
        ran = undefined
      }
    }
    comment = commentOf(token)
    if (token.type === 'heading') ran = undefined
  }
  return blocks
}

interface Comment {
  readonly kind: 'setup' | 'run' | 'from'
  readonly code: string
}

function commentOf(token: Token): Comment | undefined {
  if (token.type !== 'html') return undefined
  const [, kind, code = ''] = /^<!-- (setup|run|from)\b(.*?)-->\s*$/s.exec(token.raw) ?? []
  return kind === 'setup' || kind === 'run' || kind === 'from' ? { kind, code } : undefined
}

/** What the comments behind `console.log` claim. */
function printed(code: string): string {
  return code
    .split('\n')
    .flatMap((line) => /\bconsole\.log\(.*\) \/\/ (.*)$/.exec(line)?.[1] ?? [])
    .join('\n')
}
