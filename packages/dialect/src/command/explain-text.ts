import type { ExplainedPool, Explanation } from '../index.ts'
import { labelled } from './labelled.ts'

/** An explanation as lines for a terminal. */
export function explainText({ error, pool, ...rest }: Explanation): string {
  return labelled([
    ['opens', rest.opens],
    ['on disk', rest.onDisk?.length === 0 ? 'nothing' : rest.onDisk],
    ...(pool === undefined ? [] : linesOf(pool)),
    ['locks', rest.locks],
    ['another thread', rest.otherThread],
    ['another process', rest.otherProcess],
    ['SQLAlchemy', rest.sqlalchemy],
    ['error', error && [`${error.name}: ${error.message}`, error.docs]],
    ['did you mean', error?.didYouMean],
  ])
}

function linesOf(pool: ExplainedPool): [string, string | string[]][] {
  const { name, chosenBy, because, policy, connections, kept, threads } = pool
  return [
    ['pool class', [`${name}, which the ${chosenBy === 'url' ? 'URL' : 'config'} chooses.`, because, policy]],
    [
      'connections',
      `${connections === null ? 'no limit' : `${connections} at most`}, ${keptOf(kept)} kept open`,
    ],
    ['threads', threads === 0 ? 'none: connections live in the calling thread' : String(threads)],
  ]
}

const keptOf = (count: number | null): string =>
  count === null ? 'all' : count === 0 ? 'none' : String(count)
