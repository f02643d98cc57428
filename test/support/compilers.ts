import { PooledSqliteDialect } from '@poolclass/dialect'
import { DummyDriver, Kysely, SqliteDialect, SqliteQueryCompiler } from 'kysely'

/** Two builders of the same queries: one with Kysely's compiler, one with the dialect's. Neither can run them. */
export const byKysely: Kysely<any> = builder(() => new SqliteQueryCompiler())
export const byPoolclass: Kysely<any> = builder(() =>
  new PooledSqliteDialect(':memory:').createQueryCompiler(),
)

function builder(createQueryCompiler: () => unknown): Kysely<any> {
  const parts = { createDriver: () => new DummyDriver(), createQueryCompiler }
  return new Kysely({ dialect: Object.assign(new SqliteDialect({} as never), parts) as SqliteDialect })
}
