/**
 * Lays the pages out for VitePress as they lie in the repository, so that a link between two of them is the same on the site
 * and where the sources are read. What is no page becomes one: the first screen of the README, and the examples.
 */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const pages = join(import.meta.dirname, 'pages')
rmSync(pages, { recursive: true, force: true })

for (const page of [
  'README.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: root }),
  'packages/pools/README.md',
]) {
  write(page, readFileSync(join(root, page), 'utf8'))
}
for (const picture of globSync('{docs,examples}/**/*.{svg,png}', {
  cwd: root,
  exclude: ['**/node_modules'],
})) {
  copy(picture, picture)
}
for (const example of globSync('examples/{*,{better-auth,mikro-orm,zenstack,kysely-ctl}/*}.ts', {
  cwd: root,
})) {
  const code = readFileSync(join(root, example), 'utf8')
  write(example.replace(/\.ts$/, '.md'), `# ${example}\n\n\`\`\`\`ts\n${code}\n\`\`\`\`\n`)
}
copy('docs/benchmarks.json', 'public/docs/benchmarks.json')
write('index.md', home())

/** What the README shows first, with the explorer in front of the program to save. */
function home(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [firstScreen = ''] = readme.split(/^### /m)
  const install = firstScreen.indexOf('```sh')
  return `---
title: Poolclass
titleTemplate: SQLite connection pools for Kysely
aside: false
prev: false
next: false
---

${firstScreen.slice(0, install)}
## What does my URL open?

Type a URL or a config. The answer comes from the parser of the package itself, which runs in this page.

<UrlExplorer />

## Install it and try it

${firstScreen.slice(install)}
[Which URL opens what](docs/urls.md) · [Which pool do I want?](README.md#which-pool-do-i-want) · [The whole README](README.md)
`
}

function write(page: string, text: string): void {
  const path = join(pages, page)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, withPagesFor(text))
}

function copy(from: string, to: string): void {
  cpSync(join(root, from), join(pages, to))
}

/** Links to examples lead to their pages, one to a folder to its README, and one to the figures to the file itself. */
function withPagesFor(text: string): string {
  return text
    .replaceAll(/\]\(((?:\.\.\/)*examples\/[\w/-]+)\.ts\)/g, ']($1.md)')
    .replaceAll(/\]\((docs\/decisions\/)\)/g, ']($1README.md)')
    .replaceAll('](benchmarks.json)', '](/docs/benchmarks.json)')
}
