import { TimeLimit } from '@poolclass/pools/time-limit'
import { transactionEnd } from '../connection/first-keyword.ts'
import type { Command } from './protocol.ts'
import type { Answer } from './worker-channel.ts'

/** Something that a thread was asked. */
interface Work {
  readonly isLimited: boolean
  /** It was the reason to end the thread. */
  isOverdue: boolean
  readonly endThread: () => void
}

/**
 * Ends the threads that are at one statement for too long.
 *
 * A thread itself ends a statement between two rows. One that has not done so a moment later is at a row that takes long.
 */
export class StatementWatch {
  readonly milliseconds: number
  readonly #limit: TimeLimit<Work>
  readonly #grace: TimeLimit<Work>

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
    this.#limit = new TimeLimit(milliseconds, (work) => this.#grace.begin(work))
    this.#grace = new TimeLimit(GRACE, (work) => {
      work.isOverdue = true
      work.endThread()
    })
  }

  begin(work: Work): void {
    if (work.isLimited) this.#limit.begin(work)
  }

  end(work: Work): void {
    this.#limit.end(work)
    this.#grace.end(work)
  }

  /** Keeps no timer from the moment on when no thread is asked anything. */
  rest(): void {
    this.#limit.rest()
    this.#grace.rest()
  }
}

/** What one thread is at. It does one thing after the other, and the time of each begins when those before it are done. */
export class ThreadWatch {
  readonly #statements: StatementWatch
  readonly #endThread: () => void
  readonly #queue: Work[] = []

  /** @param endThread Called with the reason. */
  constructor(statements: StatementWatch, endThread: (why: Error) => void) {
    this.#statements = statements
    this.#endThread = () => endThread(overdue(statements.milliseconds))
  }

  /** Watches a command until its answer comes, and says of an answer whether its command was the reason to end the thread. */
  async during(command: Command, answering: Promise<Answer>): Promise<Answer> {
    const work: Work = { isLimited: isLimited(command), isOverdue: false, endThread: this.#endThread }
    if (this.#queue.push(work) === 1) this.#statements.begin(work)
    const answer = await answering
    this.#leave(work)
    return work.isOverdue && answer.kind === 'died'
      ? { kind: 'overdue', milliseconds: this.#statements.milliseconds }
      : answer
  }

  #leave(work: Work): void {
    this.#statements.end(work)
    const [first] = this.#queue
    this.#queue.splice(this.#queue.indexOf(work), 1)
    const [next] = this.#queue
    if (first === work && next !== undefined) this.#statements.begin(next)
  }
}

/** Nobody would know what became of a commit, and a rollback is what follows anyway. */
function isLimited(command: Command): boolean {
  if (command.kind === 'execute') return transactionEnd(command.sql) === undefined
  return command.kind === 'stream' || command.kind === 'read'
}

function overdue(milliseconds: number): Error {
  return new Error(`one of its statements took longer than statementTimeout (${milliseconds} ms)`)
}

/** Milliseconds. A thread that ends its statement has its answer here by then. */
const GRACE = 500
