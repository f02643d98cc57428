import type { QueryId } from 'kysely'
import type { Engine } from '../engine.ts'
import { Session } from './session.ts'

/**
 * A session that Kysely's executor acquires for one query, and forgets with its release. So the next query can have it.
 *
 * Kysely notes each new session in a `WeakSet`, and that takes 5 to 9 % of a point select.
 */
export class QuerySession extends Session {
  constructor(engine: Engine, query: QueryId) {
    super(engine, undefined, query)
  }

  /**
   * Called after its release. Returns whether it can begin anew: it has run its query and nothing else, and nothing is left of
   * that. Only then is it certain that nobody but Kysely's executor has had it.
   */
  retire(): boolean {
    const isAsNew =
      this.hasRunItsQueryOnly &&
      !this.order.isTaken &&
      this.checkout.takenAt === undefined &&
      !this.checkout.connected &&
      !this.waits.hasWaited &&
      !this.isWatched
    this.statements = 0
    return isAsNew
  }

  /** Begins anew, for another query. */
  beginAnew(query: QueryId): void {
    this.query = query
    this.waits.reopen()
    this.order.reopen()
  }
}
