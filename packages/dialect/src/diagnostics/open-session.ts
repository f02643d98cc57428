import type { QueryId } from 'kysely'
import type { Engine } from '../engine.ts'
import { Session } from '../session/session.ts'
import { sessionsAreObserved } from './channels.ts'
import { ObservedSession } from './observed-session.ts'

/** A session, which reports what it does if there is a listener now. Without one, this is all that the channels cost. */
export function openSession(engine: Engine, signal?: AbortSignal, query?: QueryId): Session {
  const SessionClass = sessionsAreObserved() ? ObservedSession : Session
  return new SessionClass(engine, signal, query)
}
