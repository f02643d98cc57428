import type { PooledSqliteDialect } from '@poolclass/dialect'
import type { DatabaseConnection } from 'kysely'

/** Runs something on one connection, on which it may do several things at once; Kysely's own would have them wait. */
export async function inSession(
  dialect: PooledSqliteDialect,
  program: (session: DatabaseConnection) => Promise<void>,
): Promise<void> {
  const driver = dialect.createDriver()
  await driver.init()
  const session = await driver.acquireConnection({})
  try {
    await program(session)
  } finally {
    await driver.releaseConnection(session)
    await driver.destroy()
  }
}
