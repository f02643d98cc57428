import { defineConfig } from 'vitest/config'

/** The workspace's packages are tested as sources, not as built. */
const sources = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
}

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    projects: [
      {
        ...sources,
        test: {
          name: 'kysely',
          include: ['test/**/*.test.ts'],
          exclude: ['test/oldest-kysely/**'],
          // Many tests are about warnings: they listen to them, and nobody has to read them.
          execArgv: ['--no-warnings'],
          testTimeout: 60_000,
          typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], checker: 'tsc' },
        },
      },
      {
        resolve: { ...sources.resolve, alias: { kysely: 'kysely-0.28' } },
        ssr: sources.ssr,
        test: { name: 'kysely 0.28', include: ['test/oldest-kysely/**/*.test.ts'], testTimeout: 60_000 },
      },
    ],
  },
})
