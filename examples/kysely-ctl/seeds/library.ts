import type { Kysely } from 'kysely'

interface Tables {
  author: { id: number; name: string }
  book: { author_id: number; title: string }
}

export async function seed(db: Kysely<Tables>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('author').values({ id: 1, name: 'Ursula K. Le Guin' }).execute()
    await trx
      .insertInto('book')
      .values(['The Dispossessed', 'The Lathe of Heaven'].map((title) => ({ author_id: 1, title })))
      .execute()
  })
}
