import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** Listens to channels by their names, such as `tracing:poolclass:query:start`. Returns how to stop. */
export function listen(listeners: Readonly<Record<string, (message: never) => void>>): () => void {
  const subscriptions = Object.entries(listeners).map(([name, listener]) => ({
    name,
    listener: (message: unknown): void => listener(message as never),
  }))
  for (const { name, listener } of subscriptions) subscribe(name, listener)
  return () => {
    for (const { name, listener } of subscriptions) unsubscribe(name, listener)
  }
}
