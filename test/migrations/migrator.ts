import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/** A migrator of these migrations, run in the order of their names. */
export function migratorOf(
  db: Kysely<any>,
  migrations: Record<string, Migration | Migration['up']>,
): Migrator {
  const all = Object.fromEntries(
    Object.entries(migrations).map(([name, migration]) => [
      name,
      typeof migration === 'function' ? { up: migration } : migration,
    ]),
  )
  return new Migrator({ db, provider: { getMigrations: async () => all } })
}

/** Migrates and throws what Kysely would hand back as an error. */
export async function migrate(migrator: Migrator): Promise<string[]> {
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
  return results.map(({ migrationName }) => migrationName)
}
