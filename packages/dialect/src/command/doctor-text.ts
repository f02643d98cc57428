import type { DatabaseCheck } from '../index.ts'
import type { Diagnosis } from './doctor.ts'
import type { FileFacts } from './file-facts.ts'
import { labelled } from './labelled.ts'
import type { SchemaFacts } from './schema-facts.ts'

/** A diagnosis as lines for a terminal. */
export function doctorText({ explanation, file, check, schema, findings }: Diagnosis): string {
  const { opens, pool } = explanation
  return [
    labelled([
      ['database', opens],
      ['pool class', pool && `${pool.name}, which the ${pool.chosenBy === 'url' ? 'URL' : 'config'} chooses`],
      ['file', file && sizes(file)],
      ['SQLite', check && schema && `${check.versions.sqlite}, ${schema.threadSafety}`],
      ['schema', check && schema && contents(check, schema)],
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

function contents({ tables, size }: DatabaseCheck, { indexes, foreignKeys }: SchemaFacts): string {
  return [
    `tables: ${tables}`,
    `indexes: ${indexes}`,
    `foreign keys: ${foreignKeys}`,
    ...(size === undefined ? [] : [`pages: ${count(size.pages)} of ${size.pageSize} bytes`]),
  ].join(', ')
}

const count = (number: number): string => number.toLocaleString('en')
