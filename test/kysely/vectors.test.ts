import { getLoadablePath } from 'sqlite-vec'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { failureOf } from '../support/failure.ts'
import { onEachOf, run } from '../support/statements.ts'

describe.each(PLACES)('sqlite-vec with $poolclass on $kind', (place) => {
  const extensions = [getLoadablePath()]

  test('finds the nearest neighbours, whichever connection answers', async () => {
    const { db } = open(place.config({ extensions }))
    await run(db, 'create virtual table points using vec0(position float[2])')
    const points = [
      [1, 1],
      [4, 5],
      [9, 9],
      [4, 4],
    ]
    for (const [index, point] of points.entries()) {
      await run(
        db,
        'insert into points (rowid, position) values (cast(? as integer), ?)',
        index,
        JSON.stringify(point),
      )
    }
    const nearest =
      "select rowid as id, distance from points where position match '[4, 3]' order by distance limit 2"
    const answers = await onEachOf(db, place.single ? 1 : 2, nearest)
    for (const rows of answers) {
      expect(rows).toEqual([
        { id: 3, distance: 1 },
        { id: 1, distance: 2 },
      ])
    }
  })

  test('is loaded by the config alone: SQL can load nothing', async () => {
    const { db } = open(place.config({ extensions }))
    expect(await run(db, 'select vec_version() is not null as loaded')).toEqual([{ loaded: 1 }])
    const refused = await failureOf(run(db, 'select load_extension(?)', getLoadablePath()))
    expect(refused.message).toBe('not authorized')
  })
})
