import { isPromise, type MaybePromise } from '../maybe-promise.ts'

/** What every message of a tracing channel says. It is one object from the start to the end of what it is about. */
export interface TraceMessage {
  /** When it began, in milliseconds on the clock of `performance.now()`. */
  readonly startTime: number
  /** How long it took, in milliseconds. Absent until its end. */
  duration?: number
  /** What it failed with. Absent where it has not failed. */
  error?: unknown
}

/**
 * What a tracing channel of Node.js is used for here. The type `TracingChannel` took its parameters in another order before
 * version 26 of `@types/node`, so a program could not name it with every version.
 */
export interface TraceChannel<M> {
  readonly hasSubscribers: boolean
  readonly start: { publish(message: M): void; runStores<T>(message: M, run: () => T): T }
  readonly end: { publish(message: M): void }
  readonly asyncStart: { publish(message: M): void }
  readonly asyncEnd: { publish(message: M): void }
  readonly error: { publish(message: M): void }
}

/**
 * Runs something and tells a tracing channel of its begin and its end, in the order that Node.js's own `tracePromise` keeps:
 * `start`, `end`, and for what ends later `asyncStart` and `asyncEnd`; `error` where it fails. Unlike `tracePromise` it keeps
 * the result to itself, because a result has values of the database in it.
 *
 * @param note Says in the message what the result tells without its values.
 */
export function trace<M extends TraceMessage, T>(
  channel: TraceChannel<M>,
  message: M,
  run: () => Promise<T>,
  note: (result: T) => void,
): Promise<T>
export function trace<M extends TraceMessage, T>(
  channel: TraceChannel<M>,
  message: M,
  run: () => MaybePromise<T>,
  note: (result: T) => void,
): MaybePromise<T>
export function trace<M extends TraceMessage, T>(
  channel: TraceChannel<M>,
  message: M,
  run: () => MaybePromise<T>,
  note: (result: T) => void,
): MaybePromise<T> {
  return channel.start.runStores(message, () => {
    try {
      const running = run()
      if (isPromise(running)) return untilSettled(channel, message, running, note)
      message.duration = performance.now() - message.startTime
      note(running)
      return running
    } catch (error) {
      tellFailure(channel, message, error)
      throw error
    } finally {
      channel.end.publish(message)
    }
  })
}

/** Tells of the end of what has begun before and goes on for longer than a function call. */
export function tellEnd<M extends TraceMessage>(channel: TraceChannel<M>, message: M): void {
  message.duration = performance.now() - message.startTime
  channel.asyncStart.publish(message)
  channel.asyncEnd.publish(message)
}

/** Tells why something has failed. Its end is told apart from that. */
export function tellFailure<M extends TraceMessage>(
  channel: TraceChannel<M>,
  message: M,
  error: unknown,
): void {
  message.duration = performance.now() - message.startTime
  message.error = error
  channel.error.publish(message)
}

async function untilSettled<M extends TraceMessage, T>(
  channel: TraceChannel<M>,
  message: M,
  running: Promise<T>,
  note: (result: T) => void,
): Promise<T> {
  try {
    const result = await running
    note(result)
    return result
  } catch (error) {
    tellFailure(channel, message, error)
    throw error
  } finally {
    tellEnd(channel, message)
  }
}
