import { fileURLToPath } from 'node:url'
import { FirstFailure } from '../diagnostics/first-failure.ts'
import { listen } from '../diagnostics/listen.ts'
import { TraceEvents } from './trace-events.ts'
import { TraceWriter } from './trace-writer.ts'

/** A trace that is being written. */
export interface TraceFile extends Disposable {
  /** Ends the trace and its file. A second call does nothing. */
  close(): void
}

/**
 * Writes what all dialects of this thread do into a file that https://ui.perfetto.dev and `chrome://tracing` open: a lane for each
 * connection with its checkouts, transactions and queries, and lanes for waits. It has SQL, and no values.
 *
 * ```ts
 * using trace = traceTo('trace.json')
 * ```
 *
 * The file grows as long as the trace goes on, the memory does not. A file that is there is replaced. The trace of a process that
 * dies can be opened up to its last second.
 *
 * @throws what the file system says of a file that cannot be written.
 */
export function traceTo(path: string | URL): TraceFile {
  const file = path instanceof URL ? fileURLToPath(path) : path
  const writer = new TraceWriter(file)
  const events = new TraceEvents((event) => writer.write(event))
  const failure = new FirstFailure('POOLCLASS_TRACE', `The trace ${file} has gaps`)
  const stopListening = listen(failure, {
    'tracing:poolclass:connect:end': events.connected,
    'tracing:poolclass:connect:asyncEnd': events.connected,
    'tracing:poolclass:pool:acquire:end': events.acquired,
    'tracing:poolclass:pool:acquire:asyncEnd': events.acquired,
    'poolclass:pool:release': events.released,
    'tracing:poolclass:transaction:asyncEnd': events.transaction,
    'tracing:poolclass:query:asyncEnd': events.query,
    'poolclass:wait': events.waited,
    'poolclass:checkpoint': events.checkpoint,
  })
  const close = (): void => {
    stopListening()
    writer.close()
  }
  return { close, [Symbol.dispose]: close }
}
