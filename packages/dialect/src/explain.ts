export { explain } from './explanation/explain.ts'
export type { ExplainedError, ExplainedPool, Explanation } from './explanation/explanation.ts'
