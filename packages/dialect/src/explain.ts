/**
 * What a URL or a config means. Without native code, so it runs in a browser, too.
 *
 * @module @poolclass/dialect/explain
 */
export { explain } from './explanation/explain.ts'
export type { ExplainedError, ExplainedPool, Explanation } from './explanation/explanation.ts'
