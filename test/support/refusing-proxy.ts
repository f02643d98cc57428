import { request as forward } from 'node:http'
import { type Answerer, webServer } from './web-server.ts'

/** A web server before a libSQL server, which refuses requests without showing them to it. */
export async function refusingProxy(
  target: string,
  refuses: (path: string) => boolean,
  refuse: Answerer,
): Promise<{ url: string; refused: () => number }> {
  let refused = 0
  const { url } = await webServer((request, response, body) => {
    if (refuses(request.url!)) {
      refused += 1
      return refuse(request, response, body)
    }
    const { method = '', headers } = request
    forward(target + request.url!, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
      .on('error', () => response.destroy())
      .end(body)
  })
  return { url, refused: () => refused }
}
