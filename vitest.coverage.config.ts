import { defineConfig } from 'vitest/config'
import { tagsOf, testsOfConnections } from './vitest.config.ts'

const atLeast = { lines: 95, branches: 95 }

/**
 * Measures what the tests run of each package.
 *
 * Node.js loads the sources itself here, in the tests as in the worker threads and the processes that they start: so what
 * V8 has counted in all of them is about the same text, and can be added up.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    experimental: { viteModuleRunner: false },
    execArgv: ['--conditions=source', '--no-warnings'],
    testTimeout: 180_000,
    restoreMocks: true,
    expect: { poll: { timeout: 20_000 } },
    tags: tagsOf(false),
    coverage: {
      enabled: true,
      autoAttachSubprocess: true,
      reportOnFailure: true,
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text', 'html', 'json-summary'],
      thresholds: { 'packages/pools/src/**': atLeast, 'packages/dialect/src/**': atLeast },
    },
    projects: [
      {
        extends: true,
        test: { name: 'kysely', include: ['test/**/*.test.ts'], exclude: ['test/oldest-kysely/**'] },
      },
      {
        extends: true,
        test: { name: 'threads', include: testsOfConnections, env: { CONNECTIONS_IN_THREADS: '1' } },
      },
    ],
  },
})
