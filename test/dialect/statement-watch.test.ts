import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Command } from '../../packages/dialect/src/threads/protocol.ts'
import { StatementWatch, ThreadWatch } from '../../packages/dialect/src/threads/statement-watch.ts'
import type { Answer } from '../../packages/dialect/src/threads/worker-channel.ts'

const LIMIT = 1000
const DONE: Answer = { kind: 'done' }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A thread that answers when it is told to, and dies of its watch. */
class Thread {
  died: Error | undefined
  readonly #asked: ((answer: Answer) => void)[] = []
  readonly #watch: ThreadWatch

  constructor(statements: StatementWatch) {
    this.#watch = new ThreadWatch(statements, (why) => {
      this.died = why
      for (const answer of this.#asked) answer({ kind: 'died', cause: why })
    })
  }

  ask(sql: string): Promise<Answer> {
    const command: Command = { kind: 'execute', sql, parameters: [], cancellable: false }
    const answer = new Promise<Answer>((resolve) => this.#asked.push(resolve))
    return this.#watch.during(command, answer)
  }

  answer(): void {
    this.#asked.shift()!(DONE)
  }
}

test('a thread is ended a moment after the time of its statement is up, and only that statement is to blame', async () => {
  const statements = new StatementWatch(LIMIT)
  const thread = new Thread(statements)
  const culprit = thread.ask('select 1')
  const next = thread.ask('select 2')
  await vi.advanceTimersByTimeAsync(LIMIT + 100)
  expect(thread.died).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1000)
  expect(thread.died?.message).toMatch(/longer than statementTimeout \(1000 ms\)/)
  expect(await culprit).toEqual({ kind: 'overdue', milliseconds: LIMIT })
  expect(await next).toMatchObject({ kind: 'died' })
  statements.rest()
  expect(vi.getTimerCount()).toBe(0)
})

test('the time of a statement begins when those before it are done', async () => {
  const thread = new Thread(new StatementWatch(LIMIT))
  const answers = [thread.ask('select 1'), thread.ask('select 2'), thread.ask('select 3')]
  for (const answer of answers) {
    // oxlint-disable no-await-in-loop -- one after the other is the point
    await vi.advanceTimersByTimeAsync(LIMIT - 1)
    thread.answer()
    expect(await answer).toBe(DONE)
    // oxlint-enable no-await-in-loop
  }
  expect(thread.died).toBeUndefined()
})

test('a commit and a rollback take as long as they take, and are not charged to the next', async () => {
  const thread = new Thread(new StatementWatch(LIMIT))
  const commit = thread.ask('commit')
  const behind = thread.ask('select 1')
  await vi.advanceTimersByTimeAsync(10 * LIMIT)
  expect(thread.died).toBeUndefined()
  thread.answer()
  await commit
  await vi.advanceTimersByTimeAsync(LIMIT - 1)
  expect(thread.died).toBeUndefined()
  thread.answer()
  expect(await behind).toBe(DONE)
})

test('threads are watched each on its own, by shared timers that a database without work gives up', async () => {
  const statements = new StatementWatch(LIMIT)
  const idle = new Thread(statements)
  const busy = new Thread(statements)
  const quick = idle.ask('select 1')
  const slow = busy.ask('select 2')
  expect(vi.getTimerCount()).toBe(1)
  idle.answer()
  await quick
  statements.rest()
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(2 * LIMIT)
  expect(idle.died).toBeUndefined()
  expect(await slow).toMatchObject({ kind: 'overdue' })
  expect(vi.getTimerCount()).toBe(0)
})
