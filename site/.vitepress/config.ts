import GithubSlugger from 'github-slugger'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type DefaultTheme } from 'vitepress'

const pages = join(import.meta.dirname, '../pages')

/** What a newcomer reads first stands first. */
const TOPICS: Readonly<Record<string, readonly string[]>> = {
  'Start here': ['README', 'docs/first-hour', 'docs/urls', 'docs/pool-classes', 'docs/recipes'],
  'In production': [
    'docs/production',
    'docs/errors',
    'docs/transactions-and-locks',
    'docs/speed',
    'docs/backup',
    'docs/observability',
    'docs/command',
  ],
  'Coming from': ['docs/coming-from-kysely', 'docs/coming-from-sqlalchemy'],
}

const ICON =
  'data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 8 8%22><circle cx=%224%22 cy=%224%22 r=%223%22 fill=%22%233451b2%22/></svg>'

export default defineConfig({
  title: 'Poolclass',
  description: "A Kysely dialect for SQLite with SQLAlchemy's pool classes, chosen by the URL.",
  lang: 'en',
  // Where the site lies on its server, such as `/poolclass/`.
  base: process.env.SITE_BASE ?? '/',
  srcDir: 'pages',
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: ICON }]],
  markdown: {
    // The anchors that the pages have where the sources are read.
    anchor: { slugify: (text) => new GithubSlugger().slug(text) },
  },
  vite: {
    // The index of the search is one chunk, which is loaded when somebody searches.
    build: { chunkSizeWarningLimit: 1500 },
  },
  themeConfig: {
    nav: [
      { text: 'Explorer', link: '/#what-does-my-url-open' },
      { text: 'Errors', link: '/docs/errors' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local' },
  },
})

function sidebar(): DefaultTheme.SidebarItem[] {
  const placed = new Set(Object.values(TOPICS).flat())
  const others = globSync('docs/*.md', { cwd: pages })
    .map((page) => page.replace(/\.md$/, ''))
    .filter((page) => !placed.has(page))
    .toSorted()
  const topics = Object.entries(TOPICS).map(([text, chosen]) => ({ text, items: chosen.map(itemOf) }))
  return [
    ...topics,
    { text: 'Topics', items: others.map(itemOf) },
    { text: 'Examples', collapsed: true, items: names('examples/**/*.md').map(itemOf) },
    { text: 'Decisions', collapsed: true, items: names('docs/decisions/*.md').map(itemOf) },
    { text: 'API', link: '/api/' },
  ]
}

function names(pattern: string): string[] {
  return globSync(pattern, { cwd: pages })
    .map((page) => page.replace(/\.md$/, ''))
    .toSorted()
}

function itemOf(name: string): DefaultTheme.SidebarItem {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(pages, `${name}.md`), 'utf8')) ?? []
  return { text: (title ?? name).replaceAll('`', ''), link: `/${name}` }
}
