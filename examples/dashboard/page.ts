import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { type HttpServer, startHttpServer } from '../http-server.ts'
import type { Snapshot } from './telemetry.ts'

/** Milliseconds between two snapshots. */
const PERIOD = 500

/** Serves the page, and sends it a snapshot twice a second, as server-sent events. All readers see the same ones. */
export async function startPage(snapshot: () => Snapshot, port: number): Promise<HttpServer> {
  const html = await readFile(new URL('page.html', import.meta.url))
  const readers = new Set<ServerResponse>()
  const server = await startHttpServer((request, response) => {
    if (request.url === '/') response.setHeader('content-type', 'text/html; charset=utf-8').end(html)
    else if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      readers.add(response)
      response.on('close', () => readers.delete(response))
    } else response.writeHead(404).end()
  }, port)
  const timer = setInterval(() => {
    const event = `data: ${JSON.stringify(snapshot())}\n\n`
    for (const reader of readers) reader.write(event)
  }, PERIOD)
  return {
    url: `${server.url}/`,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await server[Symbol.asyncDispose]()
    },
  }
}
