import { expect, test } from 'vitest'
import { type Holder, NestedUse } from '../../packages/dialect/src/waiting/nested-use.ts'
import { sqliteError } from '../support/sqlite-error.ts'
import { collectWarnings } from '../support/warnings.ts'

/** A transaction that can be ended. */
class Transaction implements Holder {
  connected = true
  readonly inside = 'db.transaction()'
  readonly sqliteError = sqliteError
  readonly takenAt: Error | undefined

  constructor(takenAt?: Error) {
    this.takenAt = takenAt
  }
}

/** Runs code in an asynchronous context of its own, inside a transaction. */
async function inside<T>(database: NestedUse, holder: Holder, code: () => Promise<T>): Promise<T> {
  await Promise.resolve()
  database.enter(holder)
  return code()
}

async function nothing(): Promise<void> {}

function theCulprit(): Error {
  return new Error('a transaction, begun here:')
}

/** The warnings that come until `act` is through and Node.js has told of them. */
async function warningsOf(act: () => void): Promise<Error[]> {
  const warnings = collectWarnings('POOLCLASS_NESTED_USE')
  act()
  await new Promise(setImmediate)
  return warnings
}

test('code inside a transaction is inside that one, of its database alone, and outside after it', async () => {
  const [one, other] = [new NestedUse(), new NestedUse()]
  const [outer, inner, stranger] = [new Transaction(), new Transaction(), new Transaction()]
  await inside(one, outer, async () => {
    await nothing()
    expect([one.holder, other.holder]).toEqual([outer, undefined])
    await inside(other, inner, async () => {
      await nothing()
      expect(one.holder).toBe(outer)
      expect(other.holder).toBe(inner)
      const isInside = [outer, inner, stranger].map((holder) => one.isInside(holder))
      expect(isInside).toEqual([true, true, false])
    })
    expect(other.isInside(inner)).toBe(false)
  })
  expect([one.holder, one.isInside(outer)]).toEqual([undefined, false])
})

test('code that goes on after the end of its transaction is in the one around it, as long as that is open', async () => {
  const [one, other] = [new NestedUse(), new NestedUse()]
  const [outermost, ended, innermost] = [new Transaction(), new Transaction(), new Transaction()]
  await inside(one, outermost, () =>
    inside(one, ended, () =>
      inside(other, innermost, async () => {
        expect(one.holder).toBe(ended)
        ended.connected = false
        expect(one.holder).toBe(outermost)
        expect([one.isInside(ended), one.isInside(outermost)]).toEqual([false, true])
        outermost.connected = false
        expect(one.holder).toBeUndefined()
        expect(other.holder).toBe(innermost)
        innermost.connected = false
        expect([other.holder, other.isInside(innermost)]).toEqual([undefined, false])
      }),
    ),
  )
})

test('as many transactions that wait for a connection as the pool has are warned of, where the last was begun', async () => {
  const database = new NestedUse()
  const [first, last] = [new Transaction(), new Transaction(theCulprit())]
  const warnings = await warningsOf(() => {
    database.block(first, 2)
    database.block(first, 2)
    database.block(last, 2)
    database.block(last, 2)
  })
  expect(warnings).toMatchObject([
    {
      name: 'PoolclassWarning',
      message: expect.stringMatching(/`db` was used inside `db.transaction\(\)`[^]* waits for a connection /),
      detail: expect.stringMatching(/^It is held by a transaction, begun here:[^]*theCulprit/),
    },
  ])
})

test('a transaction that waits no more is not among them, and one that still does is', async () => {
  const database = new NestedUse()
  const [served, waits, last] = [new Transaction(), new Transaction(), new Transaction()]
  const before = await warningsOf(() => {
    database.block(served, 2)
    database.block(served, 2)
    database.unblock(served)
    database.unblock(served)
    database.block(waits, 2)
  })
  expect(before).toEqual([])
  const after = await warningsOf(() => {
    database.block(waits, 2)
    database.unblock(waits)
    database.block(last, 2)
  })
  expect(after).toHaveLength(1)
  expect(after[0]).not.toHaveProperty('detail', expect.stringContaining('at '))
})
