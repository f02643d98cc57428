import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FirstFailure } from './first-failure.ts'

/**
 * Listens to channels by their names, such as `tracing:poolclass:query:start`. Returns how to stop.
 *
 * @param failure Takes what the listeners throw.
 */
export function listen(
  failure: FirstFailure,
  listeners: Readonly<Record<string, (message: never) => void>>,
): () => void {
  const subscriptions = Object.entries(listeners).map(([name, listener]) => ({
    name,
    listener: (message: unknown): void => {
      try {
        listener(message as never)
      } catch (error) {
        failure.note(error)
      }
    },
  }))
  for (const { name, listener } of subscriptions) subscribe(name, listener)
  return () => {
    for (const { name, listener } of subscriptions) unsubscribe(name, listener)
  }
}
