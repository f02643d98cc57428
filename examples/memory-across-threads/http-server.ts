import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { HandlerRequest, HandlerResponse } from './handler.ts'

export interface HttpServer {
  readonly url: string
  close(): Promise<void>
}

export async function startHttpServer(
  handle: (request: HandlerRequest) => Promise<HandlerResponse>,
): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const { status, body } = await handle({ method: request.method ?? 'GET', body: await text(request) })
    response.writeHead(status).end(body)
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
