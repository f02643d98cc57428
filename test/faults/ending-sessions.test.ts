// @module-tag slow

import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { printInLongRun, scaled, timeout } from '../support/effort.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** FAULTS_SEED=n: another one, such as that of a failure. */
const SEED = Number(process.env['FAULTS_SEED'] ?? 20_261_121)
const ROUNDS = scaled(3)
const PROGRAMS = 40

type Pool = Omit<PooledSqliteDialectConfig, 'url'>

function onFile(journal_mode: string, pools: readonly Pool[]): () => PooledSqliteDialectConfig[] {
  return () => {
    const url = join(temporaryDirectory(), 'app.db')
    const pragmas = { journal_mode, synchronous: 'off' }
    return pools.map((pool) => Object.assign({ url, pragmas, connectArgs: { timeout } }, pool))
  }
}

function inMemory(url: string, pools: readonly Pool[]): () => PooledSqliteDialectConfig[] {
  return () => pools.map((pool) => Object.assign({ url, connectArgs: { timeout } }, pool))
}

/** Pools of one process that share a database, or have one each in private memory. */
const GROUPS: Readonly<Record<string, () => PooledSqliteDialectConfig[]>> = {
  'a file in WAL mode': onFile('wal', [
    { poolclass: 'NullPool' },
    { poolclass: 'QueuePool', poolSize: 2, maxOverflow: 0 },
    { poolclass: 'SingletonThreadPool', transactionMode: 'deferred' },
  ]),
  'a file with a rollback journal': onFile('delete', [
    { poolclass: 'GenericPool' },
    { poolclass: 'AssertionPool' },
    { poolclass: 'StaticPool' },
  ]),
  'a file, in threads': onFile('wal', [
    { poolclass: 'NullPool', threads: 1 },
    { poolclass: 'QueuePool', threads: 2 },
    { poolclass: 'StaticPool', threads: 1 },
  ]),
  'shared memory': inMemory('file:ending-sessions?mode=memory&cache=shared', [
    { poolclass: 'StaticPool' },
    { poolclass: 'NullPool' },
    { poolclass: 'QueuePool', threads: 2 },
  ]),
  'private memory': inMemory(':memory:', [
    { poolclass: 'SingletonThreadPool' },
    { poolclass: 'StaticPool' },
    { poolclass: 'StaticPool', threads: 1 },
  ]),
}

test.each(Object.entries(GROUPS))(
  'on %s, whatever sessions leave under way ends with them: nothing is leaked, nothing saved that was refused or undone',
  async (_, configs) => {
    const table: object[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const seed = SEED + round
      const { faults, ...counts } = await new ScriptProcess('faults/scripts/ending-sessions.ts', [
        JSON.stringify(configs()),
        String(seed),
        String(PROGRAMS),
      ]).result()
      expect(faults, `seed ${seed}`).toEqual([])
      // It was about something.
      expect(counts.done, `seed ${seed}`).toBeGreaterThan(50)
      expect(counts.refused, `seed ${seed}`).toBeGreaterThan(5)
      table.push({ seed, ...counts })
    }
    printInLongRun('what became of inserts and transactions', table)
  },
  timeout,
)
