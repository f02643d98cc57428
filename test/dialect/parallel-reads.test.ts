import { sql } from 'kysely'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('eight reads at once on a warm QueuePool end in the order in which they were asked', async () => {
  const { db, dialect } = open({ url: join(temporaryDirectory(), 'app.db'), poolclass: 'QueuePool' })
  async function readings(): Promise<number[]> {
    const ended: number[] = []
    await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map(async (number) => {
        await sql`select ${number}`.execute(db)
        ended.push(number)
      }),
    )
    return ended
  }
  await readings()
  expect(dialect.pool.status()).toMatchObject({ opened: 8, idle: 8 })
  expect(await readings()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(await readings()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})
