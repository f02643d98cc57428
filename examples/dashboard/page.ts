import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Snapshot } from './telemetry.ts'

export interface Page extends AsyncDisposable {
  readonly url: string
}

/** Milliseconds between two snapshots. */
const PERIOD = 500

/** Serves the page, and sends it a snapshot twice a second, as server-sent events. All readers see the same ones. */
export async function startPage(snapshot: () => Snapshot, port: number): Promise<Page> {
  const html = await readFile(new URL('page.html', import.meta.url))
  const readers = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    if (request.url === '/') response.setHeader('content-type', 'text/html; charset=utf-8').end(html)
    else if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      readers.add(response)
      response.on('close', () => readers.delete(response))
    } else response.writeHead(404).end()
  })
  const timer = setInterval(() => {
    const event = `data: ${JSON.stringify(snapshot())}\n\n`
    for (const reader of readers) reader.write(event)
  }, PERIOD)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
