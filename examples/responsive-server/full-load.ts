import autocannon from 'autocannon'
import type { FullLoadResult } from './load.ts'
import { randomSale, rejectFailures } from './quick-request.ts'

const CLIENTS = 25

const [url = '', seconds = ''] = process.argv.slice(2)
const done = await autocannon({
  url,
  connections: CLIENTS,
  duration: Number(seconds),
  requests: [randomSale],
})
rejectFailures(done)
const result: FullLoadResult = { requestsPerSecond: Math.round(done.requests.total / done.duration) }
process.send?.(result)
