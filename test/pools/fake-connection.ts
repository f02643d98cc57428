import { GenericPool, type PoolableConnection } from '@poolclass/pools'

// The first checkout of a GenericPool loads a package, which takes turns of the event loop that no test counts.
const loading = new GenericPool(() => ({ close() {} }))
await (await loading.connect()).close()
await loading.dispose()

/** A connection that notes what is done to it. What it is told to fail at, it fails at. */
export class FakeConnection implements PoolableConnection {
  readonly id: number
  readonly calls: string[] = []
  isOpen = true
  inTransaction = false
  readonly failing = new Set<'close' | 'rollback' | 'commit' | 'ping'>()

  constructor(id: number) {
    this.id = id
  }

  close(): void {
    this.isOpen = false
    this.#do('close')
  }

  rollback(): void {
    this.#do('rollback')
    this.inTransaction = false
  }

  commit(): void {
    this.#do('commit')
    this.inTransaction = false
  }

  ping(): void {
    this.#do('ping')
  }

  #do(what: 'close' | 'rollback' | 'commit' | 'ping'): void {
    this.calls.push(what)
    if (this.failing.has(what)) throw new Error(`${what} of connection ${this.id} failed`)
  }
}

/** Does its work a little later. */
export class SlowFakeConnection extends FakeConnection {
  override async close(): Promise<void> {
    await tick()
    super.close()
  }

  override async rollback(): Promise<void> {
    await tick()
    super.rollback()
  }
}

/** Opens connections and remembers them. */
export class FakeServer {
  readonly connections: FakeConnection[] = []
  readonly #Connection: new (id: number) => FakeConnection

  constructor(Connection: new (id: number) => FakeConnection = FakeConnection) {
    this.#Connection = Connection
  }

  readonly connect = (): FakeConnection => {
    const connection = new this.#Connection(this.connections.length + 1)
    this.connections.push(connection)
    return connection
  }

  get open(): FakeConnection[] {
    return this.connections.filter(({ isOpen }) => isOpen)
  }
}

/** All that could happen without a timer has happened. */
export function tick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
