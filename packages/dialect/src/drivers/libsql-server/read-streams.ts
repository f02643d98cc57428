import { ServerError } from '../../errors/server-errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { Statement, StreamResult } from './protocol.ts'
import { ServerStream } from './server-stream.ts'
import type { SharedServer } from './shared-server.ts'

/** One connection's streams for reads outside transactions, one per replica. The first read from a replica begins its stream. */
export class ReadStreams {
  readonly #primary: ServerStream
  readonly #server: SharedServer
  readonly #streams: Map<Endpoint, ServerStream> = new Map()

  constructor(primary: ServerStream, server: SharedServer) {
    this.#primary = primary
    this.#server = server
  }

  async execute(stmt: Statement, signal: AbortSignal): Promise<StreamResult> {
    const { sharedReads, position } = this.#server
    return await this.from((stream) =>
      sharedReads.run(stream, { ...stmt, replication_index: position.required }, signal),
    )
  }

  /** Reads from a replica, or from the primary if no replica answers. */
  async from<T>(read: (stream: ServerStream) => Promise<T>): Promise<T> {
    for (;;) {
      const replica = this.#server.replicas.next()
      if (replica === undefined) return await read(this.#primary)
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, until one answers
        const result = await read(this.#of(replica))
        this.#server.replicas.noteAnswer(replica)
        return result
      } catch (error) {
        if (!(error instanceof ServerError) || error.reason === 'size') throw error
        this.#server.replicas.leaveOut(replica, error.retryAfter)
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#streams.values(), (stream) => stream.close()))
  }

  #of(replica: Endpoint): ServerStream {
    const known = this.#streams.get(replica)
    if (known !== undefined) return known
    const stream = new ServerStream(replica, this.#server.position)
    this.#streams.set(replica, stream)
    return stream
  }
}
