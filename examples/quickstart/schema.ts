import type { Kysely } from 'kysely'

export interface Database {
  country: CountryTable
  city: CityTable
}

interface CountryTable {
  /** ISO 3166-1, two letters. */
  code: string
  name: string
}

interface CityTable {
  id: number
  name: string
  country_code: string
  population: number
  latitude: number
  longitude: number
}

export async function createSchema(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable('country')
    .addColumn('code', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('city')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('country_code', 'text', (column) => column.notNull().references('country.code'))
    .addColumn('population', 'integer', (column) => column.notNull())
    .addColumn('latitude', 'real', (column) => column.notNull())
    .addColumn('longitude', 'real', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('city_by_population').on('city').column('population').execute()
}
