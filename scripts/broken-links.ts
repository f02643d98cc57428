import GithubSlugger from 'github-slugger'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { lexer, type Token, walkTokens } from 'marked'

/** The relative links in the Markdown files of a folder that lead out of it, to no file, or to no heading. */
export function brokenLinks(folder: string): string[] {
  const pages = globSync('**/*.md', { cwd: folder, exclude: ['**/node_modules', '.changeset', 'site/pages'] })
  return pages.flatMap((page) =>
    linksOf(tokensOf(join(folder, page)))
      .filter((link) => !leadsSomewhere(folder, page, link))
      .map((link) => `${page}: ${link}`),
  )
}

function leadsSomewhere(folder: string, page: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return true
  const [path = '', heading] = link.split('#').map(decodeURIComponent)
  const target = path === '' ? join(folder, page) : resolve(folder, dirname(page), path)
  if (relative(folder, target).startsWith('..') || !existsSync(target)) return false
  if (heading === undefined || !target.endsWith('.md') || statSync(target).isDirectory()) return true
  return slugsOf(tokensOf(target)).includes(heading)
}

function tokensOf(path: string): Token[] {
  const tokens: Token[] = []
  walkTokens(lexer(readFileSync(path, 'utf8')), (token) => void tokens.push(token))
  return tokens
}

const linksOf = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.type === 'link' || token.type === 'image' ? [String(token.href)] : []))

/** The anchors of the headings, as GitHub and the registries name them. */
function slugsOf(tokens: readonly Token[]): string[] {
  const slugger = new GithubSlugger()
  return tokens.flatMap((token) => (token.type === 'heading' ? [slugger.slug(plainText(token.tokens))] : []))
}

/** Without its emphasis, code and links. */
function plainText(tokens: readonly Token[] = []): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens !== undefined ? plainText(token.tokens) : textOf(token),
    )
    .join('')
}

const textOf = (token: Token): string => ('text' in token ? String(token.text) : '')
