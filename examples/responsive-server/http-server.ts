import type { Kysely } from 'kysely'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bestProducts, type Database, findSale } from './database.ts'

export interface HttpServer {
  readonly url: string
  close(): Promise<void>
}

/** Answers `GET /sales/42`, which is quick, and `GET /report`, which is slow. */
export async function startHttpServer(db: Kysely<Database>): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    try {
      const answer =
        request.url === '/report' ? await bestProducts(db) : await findSale(db, idIn(request.url))
      send(response, answer === undefined ? 404 : 200, answer ?? null)
    } catch (error) {
      send(response, 500, String(error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

function idIn(url = ''): number {
  return Number(url.slice('/sales/'.length))
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}
