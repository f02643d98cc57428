import { Writable } from 'node:stream'
import { turn } from '../clock.ts'
import type { MessagePort } from 'node:worker_threads'

/** What the user's code in a worker prints, on its way to the calling thread. */
export type Printed = readonly [stream: StreamName, chunk: string | Uint8Array, encoding: BufferEncoding]

type StreamName = 'stdout' | 'stderr'

/**
 * The worker's side: what is printed from now on travels through the port of the answers, so none of them overtakes it.
 *
 * Node.js would send it through another port, and line by line, each when the event loop of this thread turns.
 */
export async function printThrough(port: MessagePort): Promise<void> {
  // With a turn, Node.js sends what a preloaded module has printed.
  await turn()
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = new Writable({
      decodeStrings: false,
      write: (chunk: string | Uint8Array, encoding, done) => {
        port.postMessage([name, chunk, encoding] satisfies Printed)
        done()
      },
    })
    Object.assign(process[name], { write: stream.write.bind(stream) })
  }
}

/** The calling thread's side. A stream that fails, such as one that nobody reads, is no error, as for `console.log()`. */
export function show([name, chunk, encoding]: Printed): void {
  const stream = process[name]
  stream.write(chunk, encoding, (error) => {
    if (error instanceof Error && !stream.listeners('error').includes(ignore)) stream.once('error', ignore)
  })
}

function ignore(): void {}
