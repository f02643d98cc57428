import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'

/** Stands between a client and a server on this machine, as a network does: it delays, cuts, and counts what passes. */
export class TcpProxy {
  /** Connections that were made, with TLS where there is some. */
  connections = 0
  /** Requests that have passed. */
  requests = 0
  /** Milliseconds that each part takes, in both directions. */
  latency = 0
  /** Called with each request that comes; what it returns says what becomes of it. */
  onRequest: (text: string) => 'pass' | 'cut before' | 'cut answer' = () => 'pass'
  readonly #server: Server
  readonly #protocol: 'http:' | 'https:'
  readonly #target: URL
  readonly #sockets: Set<Socket> = new Set()

  /** @param tls How it speaks TLS with the client. Default is not at all. */
  static async before(url: string, tls?: TlsOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(url, tls)
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  private constructor(url: string, tls: TlsOptions | undefined) {
    this.#target = new URL(url)
    const join = (client: Socket): void => this.#join(client)
    this.#server = tls === undefined ? createServer(join) : createTlsServer(tls, join)
    this.#protocol = tls === undefined ? 'http:' : 'https:'
    onTestFinished(() => {
      this.cut()
      this.#server.close()
    })
  }

  get url(): string {
    return `${this.#protocol}//127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Sockets that are open, on both sides. */
  get open(): number {
    return this.#sockets.size
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(client: Socket): void {
    this.connections += 1
    const server = connect(Number(this.#target.port), this.#target.hostname)
    let cutsAnswer = false
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
    }
    client.on('data', (data: Buffer) => {
      const text = String(data)
      if (text.startsWith('POST')) this.requests += 1
      const fate = this.onRequest(text)
      if (fate === 'cut before') return void client.destroy()
      cutsAnswer = fate === 'cut answer'
      this.#pass(data, server)
    })
    server.on('data', (data: Buffer) => (cutsAnswer ? client.destroy() : this.#pass(data, client)))
  }

  #pass(data: Buffer, to: Socket): void {
    if (this.latency === 0) to.write(data)
    else setTimeout(() => to.write(data), this.latency)
  }
}
