import { defineConfig } from 'vitest/config'

/** A project as its users have it: the packages come as they are built, and Vitest does not look into them. */
export default defineConfig({
  cacheDir: '../../../node_modules/.cache/vitest-project',
  test: {
    include: ['*.spec.ts'],
    server: { deps: { external: [/packages\/(?:dialect|pools)\/dist\//] } },
  },
})
