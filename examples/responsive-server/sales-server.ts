import type { Kysely } from 'kysely'
import type { ServerResponse } from 'node:http'
import { type HttpServer, startHttpServer } from '../http-server.ts'
import { bestProducts, type Database, findSale } from './database.ts'

/** Answers `GET /sales/42`, which is quick, and `GET /report`, which is slow. */
export function startSalesServer(db: Kysely<Database>): Promise<HttpServer> {
  return startHttpServer(async (request, response) => {
    try {
      const answer =
        request.url === '/report' ? await bestProducts(db) : await findSale(db, idIn(request.url))
      send(response, answer === undefined ? 404 : 200, answer ?? null)
    } catch (error) {
      send(response, 500, String(error))
    }
  })
}

function idIn(url = ''): number {
  return Number(url.slice('/sales/'.length))
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}
