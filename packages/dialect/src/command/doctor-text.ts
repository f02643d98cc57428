import type { DatabaseFacts } from './database-facts.ts'
import type { Diagnosis } from './doctor.ts'
import type { FileFacts } from './file-facts.ts'
import { labelled } from './labelled.ts'

/** A diagnosis as lines for a terminal. */
export function doctorText({ explanation, file, database, findings }: Diagnosis): string {
  const { opens, pool } = explanation
  return [
    labelled([
      ['database', opens],
      ['pool class', pool && `${pool.name}, which the ${pool.chosenBy === 'url' ? 'URL' : 'config'} chooses`],
      ['file', file && sizes(file)],
      ['SQLite', database && `${database.sqliteVersion}, ${database.threadSafety}`],
      ['schema', database && schema(database)],
    ]),
    '',
    ...(findings.length === 0 ? ['Nothing is wrong.'] : []),
    ...findings.map(({ kind, what, cure }) => labelled([[kind, [what, cure]]])),
  ].join('\n')
}

function sizes({ bytes, walBytes, isWal, network }: FileFacts): string {
  const journal = isWal === undefined ? 'no plain SQLite header' : isWal ? 'WAL mode' : 'rollback journal'
  return [
    `${count(bytes)} bytes`,
    journal,
    ...(walBytes === undefined ? [] : [`WAL of ${count(walBytes)} bytes`]),
    network ?? 'local disk',
  ].join(', ')
}

function schema({ tables, indexes, foreignKeys, pages, pageSize }: DatabaseFacts): string {
  return `tables: ${tables}, indexes: ${indexes}, foreign keys: ${foreignKeys}, pages: ${count(pages)} of ${pageSize} bytes`
}

const count = (number: number): string => number.toLocaleString('en')
