import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { run } from './run.ts'

export const NEXT = { next: '^16.0.0', react: '^19.0.0', 'react-dom': '^19.0.0' }

/** Builds an application of Next.js whose route asks connections in threads, starts it, and asks the route. */
export async function checkNext(project: string): Promise<void> {
  cpSync(new URL('next-app', import.meta.url), join(project, 'app'), { recursive: true })
  const next = join(project, 'node_modules/next/dist/bin/next')
  run(process.execPath, [next, 'build'], project, { NEXT_TELEMETRY_DISABLED: '1' })
  const port = await freePort()
  const server = spawn(process.execPath, [next, 'start', '-p', String(port)], {
    cwd: project,
    stdio: 'ignore',
  })
  try {
    const answer = await firstAnswer(`http://localhost:${port}/cities`)
    if (answer !== '[{"name":"Atlantis"}]') throw new Error(`the route answers ${answer}`)
  } finally {
    server.kill()
    await once(server, 'exit')
  }
  console.log('bundle: Next.js, Turbopack')
}

async function firstAnswer(url: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until the server has started
      return await (await fetch(url)).text()
    } catch (error) {
      if (attempt === 100) throw error
      // oxlint-disable-next-line no-await-in-loop
      await delay(200)
    }
  }
}
