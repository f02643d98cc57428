import type { AcquireMessage, ConnectMessage, PoolOfMessage, ReleaseMessage } from '@poolclass/pools'
import type {
  CheckpointMessage,
  QueryMessage,
  TransactionMessage,
  WaitMessage,
} from '../diagnostics/channels.ts'
import { kindOf } from '../errors/error-kind.ts'
import type { WaitKind } from '../session/waits.ts'
import { type Lane, Lanes } from './lanes.ts'

/** A part of a lane. */
interface Slice {
  readonly category: string
  readonly name: string
  /** In milliseconds on the clock of `performance.now()`. */
  readonly start: number
  readonly end: number
  readonly color?: string
  readonly args?: object
}

/**
 * Makes events of the Trace Event Format of what the channels tell.
 *
 * A connection's lane has a slice for each checkout, in it one for the transaction, in that one for each query, and in that one
 * for each wait for a lock. Waits in a line are in lanes of that line, because such a session has no connection yet.
 */
export class TraceEvents {
  readonly #write: (event: object) => void
  readonly #pools: WeakMap<PoolOfMessage, Lanes> = new WeakMap()
  /** Since when each connection that is out is so, by pool and label: what came before was a wait. */
  readonly #lentAt: WeakMap<PoolOfMessage, Map<string, number>> = new WeakMap()
  #count = 0

  constructor(write: (event: object) => void) {
    this.#write = write
  }

  readonly connected = ({ pool, connection, startTime, duration, error }: ConnectMessage): void => {
    const label = connection?.label
    if (label === undefined || duration === undefined || error !== undefined) return
    const lane = this.#lanesOf(pool, label).named(label)
    this.#slice(lane, { category: 'connection', name: 'open', start: startTime, end: startTime + duration })
  }

  readonly acquired = ({ pool, connection, startTime, duration }: AcquireMessage): void => {
    if (connection?.label !== undefined && duration !== undefined)
      this.#lent(pool).set(connection.label, startTime + duration)
  }

  readonly released = ({ pool, connection, startTime, duration }: ReleaseMessage): void => {
    const { label } = connection
    if (label === undefined) return
    this.#lent(pool).delete(label)
    const lane = this.#lanesOf(pool, label).named(label)
    const end = startTime + duration
    this.#slice(lane, {
      category: 'checkout',
      name: 'checked out',
      start: startTime,
      end,
      color: 'generic_work',
    })
  }

  readonly transaction = (message: TransactionMessage): void => {
    const { outcome, mode, session, error } = message
    if (outcome === undefined) return
    const color = outcome === 'commit' ? 'good' : 'terrible'
    this.#onConnection(message, {
      category: 'transaction',
      name: `transaction, ${outcome === 'commit' ? 'committed' : 'rolled back'}`,
      color,
      args: { mode, session, ...faultOf(error) },
    })
  }

  readonly query = (message: QueryMessage): void => {
    const { sql, rows, changes, session, waited, error } = message
    this.#onConnection(message, {
      category: 'query',
      name: shortened(sql, LONGEST_NAME),
      ...(error !== undefined && { color: 'terrible' }),
      args: { sql: shortened(sql, LONGEST_TEXT), rows, changes, session, waited, ...faultOf(error) },
    })
  }

  readonly waited = ({ pool, database, kind, ...wait }: WaitMessage): void => {
    const { startTime: start, duration, connection, session, sql, holder, error } = wait
    const lanes = this.#lanesOf(pool, database)
    const end = start + duration
    const lane =
      kind === 'lock' && connection !== undefined
        ? lanes.named(connection)
        : lanes.inLine(LINES[kind], start, end)
    const { connection: heldBy, takenAt } = holder ?? {}
    this.#slice(lane, {
      category: 'wait',
      name: `waits ${WAITS[kind]}`,
      start,
      end,
      color: 'bad',
      args: {
        session,
        sql: sql === undefined ? undefined : shortened(sql, LONGEST_TEXT),
        'held by': heldBy,
        'held since': takenAt?.stack,
        ...faultOf(error),
      },
    })
  }

  readonly checkpoint = ({ pool, database, startTime, duration, ...details }: CheckpointMessage): void => {
    const { mode, walBefore, walAfter, isComplete, error } = details
    const lane = this.#lanesOf(pool, database).named('checkpoints')
    this.#slice(lane, {
      category: 'checkpoint',
      name: `checkpoint (${mode})`,
      start: startTime,
      end: startTime + duration,
      args: { walBefore, walAfter, isComplete, ...faultOf(error) },
    })
  }

  /** What is shown in the lane of its connection, from when it has that. What never got one has only waited. */
  #onConnection(
    { pool, database, connection, startTime, duration = 0 }: QueryMessage | TransactionMessage,
    slice: Omit<Slice, 'start' | 'end'>,
  ): void {
    if (connection === undefined) return
    const start = Math.max(startTime, this.#lent(pool).get(connection) ?? startTime)
    const lane = this.#lanesOf(pool, database).named(connection)
    this.#slice(lane, { ...slice, start, end: startTime + duration })
  }

  #slice(lane: Lane, { category, name, start, end, color, args }: Slice): void {
    this.#write({
      ph: 'X',
      cat: category,
      name,
      ...lane,
      ts: microseconds(start),
      dur: microseconds(Math.max(0, end - start)),
      ...(color !== undefined && { cname: color }),
      ...(args !== undefined && { args }),
    })
  }

  #lanesOf(pool: PoolOfMessage, database: string): Lanes {
    const known = this.#pools.get(pool)
    if (known !== undefined) return known
    this.#count += 1
    const name = pool.name ?? database.replace(/#\d+$/, '')
    const lanes = new Lanes(this.#count, name, this.#write)
    this.#pools.set(pool, lanes)
    return lanes
  }

  #lent(pool: PoolOfMessage): Map<string, number> {
    const known = this.#lentAt.get(pool)
    if (known !== undefined) return known
    const lent = new Map<string, number>()
    this.#lentAt.set(pool, lent)
    return lent
  }
}

/** The waits before a session has its connection, or before it uses it. */
const LINES: Readonly<Record<WaitKind, string>> = {
  line: 'line of writers',
  connection: 'line of the pool',
  lock: 'locks of others',
  checkpoint: 'checkpoint ahead',
}

const WAITS: Readonly<Record<WaitKind, string>> = {
  line: 'in the line of writers',
  connection: 'for a connection',
  lock: 'for a lock',
  checkpoint: 'for a checkpoint',
}

function faultOf(error: unknown): { readonly error?: string } {
  return error === undefined ? {} : { error: kindOf(error) ?? 'an error' }
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`
}

/** With three digits, which is what the clock gives. */
function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000_000) / 1000
}

const LONGEST_NAME = 80
const LONGEST_TEXT = 4000
