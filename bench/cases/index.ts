import { COMPARED } from '../contestants/index.ts'
import { type Case, PLACES } from '../harness/case.ts'

const READ_AND_WRITE = ['select', 'insert', 'many-rows', 'mixed', 'open-transaction']
const ONCE = ['cold-start', 'memory', 'responsiveness', 'timer', 'new-connection']
const MANY = ['crowds', 'threads', 'checkout', 'drivers', 'vfs']

export type CaseInFile = Case & Required<Pick<Case, 'contestants' | 'columns'>> & { readonly file: string }

export async function allCases(): Promise<CaseInFile[]> {
  return (await Promise.all([...READ_AND_WRITE, ...ONCE, ...MANY].map(casesIn))).flat()
}

/** Loads the cases of one file, and nothing else. */
export async function casesIn(file: string): Promise<CaseInFile[]> {
  const { cases } = (await import(`./${file}.ts`)) as { cases: Case[] }
  return cases.map((each) => Object.assign({ contestants: COMPARED, columns: PLACES }, each, { file }))
}
