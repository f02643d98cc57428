import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { onTestFinished } from 'vitest'

/** The messages of a channel from now on, until the test ends. */
export function messagesOf<M>(name: string): M[] {
  const messages: M[] = []
  const listener = (message: unknown): void => void messages.push(message as M)
  subscribe(name, listener)
  onTestFinished(() => void unsubscribe(name, listener))
  return messages
}

type Phase = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error'

/** What a tracing channel tells from now on, until the test ends. */
export function tracesOf<M extends object>(
  name: string,
): { readonly phases: Phase[]; readonly messages: M[] } {
  const phases: Phase[] = []
  const messages: M[] = []
  const noteAs = (phase: Phase) => (message: object) => {
    phases.push(phase)
    if (!messages.includes(message as M)) messages.push(message as M)
  }
  const subscribers = {
    start: noteAs('start'),
    end: noteAs('end'),
    asyncStart: noteAs('asyncStart'),
    asyncEnd: noteAs('asyncEnd'),
    error: noteAs('error'),
  }
  const channel = tracingChannel(name)
  channel.subscribe(subscribers)
  onTestFinished(() => channel.unsubscribe(subscribers))
  return { phases, messages }
}
