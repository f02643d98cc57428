import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { tagsOf } from './vitest.config.ts'

const sourceOf = (name: string, file = 'index'): string =>
  fileURLToPath(new URL(`packages/${name}/src/${file}.ts`, import.meta.url))

/** For Stryker, which runs the tests in a copy of the project. */
export default defineConfig({
  // The packages by their paths: the copy's node_modules lead back to the original, which has no mutants.
  resolve: {
    alias: {
      '@poolclass/pools/did-you-mean': sourceOf('pools', 'did-you-mean'),
      '@poolclass/pools/place-in-code': sourceOf('pools', 'place-in-code'),
      '@poolclass/pools/time-limit': sourceOf('pools', 'time-limit'),
      '@poolclass/pools': sourceOf('pools'),
      '@poolclass/dialect': sourceOf('dialect'),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: ['--no-warnings'],
    isolate: false,
    restoreMocks: true,
    setupFiles: ['test/support/uris-on.ts'],
    tags: tagsOf(false),
    // A mutant may wait for ever.
    testTimeout: 5_000,
    env: { EFFORT: '0.1' },
  },
})
