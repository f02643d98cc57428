import { defineConfig } from 'vitest/config'

/** The workspace's packages are tested as sources, not as built. */
const sources = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
}

/** They make no difference between a connection in the calling thread and one in a worker thread, and run over both. */
export const testsOfConnections: string[] = [
  'test/{concurrency,kysely,sessions}/**/*.test.ts',
  'test/config/{hints,memory-lifetime}.test.ts',
]

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
        ...sources,
        test: {
          name: 'threads',
          include: testsOfConnections,
          execArgv: ['--no-warnings'],
          testTimeout: 60_000,
          env: { CONNECTIONS_IN_THREADS: '1' },
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
