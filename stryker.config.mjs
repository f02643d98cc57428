/** What is mutated, and the tests that have to notice: those of the area alone, which say more and take less time. */
const areas = {
  pools: { mutate: ['packages/pools/src/**/*.ts'], testFiles: ['test/pools/*.test.ts'] },
  url: {
    mutate: ['packages/dialect/src/url/*.ts'],
    testFiles: ['test/url/{parse-sqlite-url,open-target,pool-class-for}.test.ts'],
  },
  waiting: {
    mutate: ['packages/dialect/src/waiting/*.ts'],
    testFiles: ['test/dialect/*.test.ts'],
  },
}
const area = process.env.AREA ?? 'pools'

export default {
  ...areas[area],
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  // Some tests change the working directory, which only a process can do.
  vitest: { configFile: 'vitest.mutation.config.ts', related: false, pool: 'forks' },
  // None: Stryker would parse it with TypeScript's own API, which TypeScript 7 does not have any more.
  tsconfigFile: '',
  coverageAnalysis: 'perTest',
  // Mutants in what runs once as a module is loaded would take all tests each.
  ignoreStatic: true,
  concurrency: 2,
  reporters: ['progress', 'clear-text', 'html', 'json'],
  clearTextReporter: { reportTests: false, allowColor: false },
  htmlReporter: { fileName: `reports/mutation/${area}.html` },
  jsonReporter: { fileName: `reports/mutation/${area}.json` },
}
