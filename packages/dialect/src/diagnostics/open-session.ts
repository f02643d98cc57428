import type { Engine } from '../engine.ts'
import { Session } from '../session/session.ts'
import { sessionsAreObserved } from './channels.ts'
import { ObservedSession } from './observed-session.ts'

/** A session, which tells what it does where anybody listens now: for the others, this is all that the channels cost. */
export function openSession(engine: Engine, signal?: AbortSignal): Session {
  return sessionsAreObserved() ? new ObservedSession(engine, signal) : new Session(engine, signal)
}
