import autocannon from 'autocannon'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SteadyLoadResult } from './load.ts'
import { randomSale, rejectFailures } from './quick-request.ts'

const CLIENTS = 500
/** The clients of one autocannon all ask at the same moment, so there is one for every 20 ms. */
const GROUPS = 50
/** Connecting costs the server time, too. */
const CALM_MS = 500
const FOREVER_S = 3600
const MS_BETWEEN_REPORTS = 500

const [url = '', seconds = ''] = process.argv.slice(2)
let quick: number[] = []
const groups: autocannon.Instance[] = []
for (let group = 0; group < GROUPS; group += 1) {
  groups.push(startGroup())
  await sleep(1000 / GROUPS)
}
await sleep(CALM_MS)

quick = []
process.send?.('start')
const slow = await sendReports()
process.send?.('stop')
process.send?.({ quick, slow } satisfies SteadyLoadResult)

for (const group of groups) group.stop()

/** Each client asks once a second, however long the answers take: as people do who know nothing of each other. */
function startGroup(): autocannon.Instance {
  const connections = CLIENTS / GROUPS
  const options = { url, connections, connectionRate: 1, duration: FOREVER_S, requests: [randomSale] }
  const group = autocannon(options, (error, done) => {
    if (error) throw error
    rejectFailures(done)
  })
  // autocannon's own statistics are whole milliseconds
  group.on('response', (_client, _status, _bytes, ms) => quick.push(ms))
  return group
}

async function sendReports(): Promise<number[]> {
  const end = performance.now() + Number(seconds) * 1000
  const times: Promise<number>[] = []
  while (performance.now() < end) {
    times.push(timeReport())
    await sleep(MS_BETWEEN_REPORTS)
  }
  return await Promise.all(times)
}

async function timeReport(): Promise<number> {
  const start = performance.now()
  const response = await fetch(`${url}/report`)
  const body = await response.text()
  if (!response.ok) throw new Error(`The report failed: ${body}`)
  return performance.now() - start
}
