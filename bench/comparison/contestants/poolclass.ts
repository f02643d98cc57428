import { type PoolClassName, PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { fileName, PRAGMAS } from '../../place.ts'
import type { Tables } from '../../tables.ts'
import { kyselyClient } from '../kysely-client.ts'
import type { Open } from './contestant.ts'

export function opener(poolclass: PoolClassName, threads: number): Open {
  return async (place, folder) => {
    const url = fileName(place, folder)
    const dialect = new PooledSqliteDialect({ url, poolclass, threads, pragmas: PRAGMAS[place] })
    return kyselyClient(new Kysely<Tables>({ dialect }))
  }
}
