import { join } from 'node:path'
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import * as fc from 'fast-check'
import { Kysely } from 'kysely'
import { beforeEach, expect, test, vi } from 'vitest'
import { untilAllReturned } from '../support/counters.ts'
import { scaled, timeout } from '../support/effort.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { anyStep, gentleStep, programOf } from './model-programs.ts'
import { type Database, World } from './model-world.ts'

interface Place {
  readonly name: string
  /** The config of a new database. */
  readonly config: () => PooledSqliteDialectConfig
  /** A connection takes the database along when it closes. */
  readonly isPrivate?: boolean
  /** `destroy()` takes the database along, unless another dialect has it open. */
  readonly isShared?: boolean
}

let names = 0

function onSharedMemory(poolclass: 'StaticPool' | 'QueuePool'): Place {
  return {
    name: `shared memory with ${poolclass}`,
    config: () => ({ url: `file:model-${process.pid}-${++names}?mode=memory&cache=shared`, poolclass }),
    isShared: true,
  }
}

function onFile(poolclass: 'NullPool' | 'QueuePool' | 'SingletonThreadPool', threads: number = 0): Place {
  return {
    name: `a WAL file with ${poolclass}${threads === 0 ? '' : ' in a thread'}`,
    config: () => ({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass,
      threads,
      pragmas: { journal_mode: 'wal', synchronous: 'off' },
    }),
  }
}

const PLACES: readonly Place[] = [
  {
    name: 'private memory with SingletonThreadPool',
    config: () => ({ url: ':memory:', poolclass: 'SingletonThreadPool' }),
    isPrivate: true,
  },
  onSharedMemory('StaticPool'),
  onSharedMemory('QueuePool'),
  onFile('NullPool'),
  onFile('QueuePool'),
  onFile('QueuePool', 1),
  onFile('SingletonThreadPool', 1),
]

/** 149 in all; a thread takes most of the time of a program in one. */
function runsOf({ threads }: PooledSqliteDialectConfig): number {
  return scaled(threads === 1 ? 12 : 25)
}

/** SEED=n: another one, such as that of a failure. The report of a failure names the seed and the program. */
const SEED = Number(process.env['SEED'] ?? 20_261_120)

beforeEach(() => {
  // Kysely reports there what became of an aborted query.
  vi.spyOn(console, 'error').mockReturnValue()
})

test.each(PLACES)(
  'every acknowledged effect of any program is there, and nothing else, on $name',
  async ({ config, isPrivate, isShared }) => {
    const step = isPrivate === true ? gentleStep : anyStep
    const property = fc.asyncProperty(programOf(step), async (program) => {
      const given = config()
      const world = new World(given)
      const keeper =
        isShared === true ? new Kysely<Database>({ dialect: new PooledSqliteDialect(given) }) : undefined
      try {
        await world.createTable()
        await keeper?.selectFrom('entry').selectAll().execute()
        for (const { tasks, interlude } of program) {
          await world.runRound(tasks)
          await untilAllReturned(world.dialect)
          await world.check()
          await world.interlude(interlude)
          if (isPrivate === true && interlude !== 'nothing') await world.forget()
        }
        await world.check()
        await untilAllReturned(world.dialect)
      } finally {
        await world.end()
        await keeper?.destroy()
      }
      expect(world.dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0, waiting: 0 })
    })
    await fc.assert(property, { seed: SEED, numRuns: runsOf(config()), endOnFailure: true })
  },
  timeout,
)
