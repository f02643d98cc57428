import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Signal } from '../../packages/dialect/src/threads/protocol.ts'
import { createCounters, type CounterDatabase } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { UP_TO } from './creators.ts'

const looks = vi.hoisted(() => ({ ofUse: 0 }))

/** It always looks, also beside a worker that does not. */
vi.mock(import('../../packages/dialect/src/threads/answer-watch.ts'), async (original) => {
  const { AnswerWatch } = await original()
  return {
    AnswerWatch: class extends AnswerWatch {
      readonly #signals: Int32Array<SharedArrayBuffer>

      #isTaking = false

      constructor(signals: Int32Array<SharedArrayBuffer>, take: () => void) {
        super(signals, () => {
          this.#isTaking = true
          take()
          this.#isTaking = false
        })
        this.#signals = signals
      }

      override begin(): void {
        Atomics.store(this.#signals, Signal.longestLook, 1000)
        super.begin()
      }

      override end(): void {
        if (this.#isTaking) looks.ofUse += 1
        super.end()
      }
    },
  }
})

test('each of some thousand requests has its own answer, whether it was alone, with others, long or refused', async () => {
  const { db } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    threads: 1,
  })
  await createCounters(db)
  const echo = async (n: number): Promise<void> => {
    expect(await run(db, 'select ? as n', n)).toEqual([{ n }])
  }
  const many = async (n: number): Promise<void> => {
    const rows = await run(db, `${UP_TO} select i, ? as n from c`, 3000, n)
    expect(rows).toHaveLength(3000)
    expect(rows.at(-1)).toEqual({ i: 3000, n })
  }
  const refused = async (n: number): Promise<void> => {
    expect(String(await failureOf(run(db, `select * from missing_${n}`)))).toContain(`missing_${n}`)
  }
  for (let n = 0; n < 2000; n += 1) {
    await echo(n)
    if (n % 7 === 0) await Promise.all([echo(n), echo(n + 1), turn().then(() => echo(n + 2)), echo(n + 3)])
    if (n % 50 === 0) await many(n)
    if (n % 50 === 25) await Promise.all([many(n), echo(n), refused(n)])
    if (n % 50 === 40) await refused(n)
  }
  // A busy machine answers most requests too late for a look.
  expect(looks.ofUse).toBeGreaterThan(10)
})
