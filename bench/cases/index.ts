import { COMPARED } from '../contestants/index.ts'
import { type Case, PLACES } from '../harness/case.ts'

const FILES = [
  'point-select',
  'select',
  'insert',
  'many-rows',
  'mixed',
  'open-transaction',
  'cold-start',
  'memory',
  'responsiveness',
  'new-connection',
  'crowds',
  'threads',
  'checkout',
]

export type CaseInFile = Case & Required<Pick<Case, 'contestants' | 'columns'>> & { readonly file: string }

export async function allCases(): Promise<CaseInFile[]> {
  return (await Promise.all(FILES.map(casesIn))).flat()
}

/** Loads the cases of one file, and nothing else. */
export async function casesIn(file: string): Promise<CaseInFile[]> {
  const { cases } = (await import(`./${file}.ts`)) as { cases: Case[] }
  return cases.map((each) => Object.assign({ contestants: COMPARED, columns: PLACES }, each, { file }))
}
