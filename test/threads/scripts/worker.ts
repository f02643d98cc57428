/** Does the tasks that it is told by messages, and answers each through the port that came with it. */
import { type MessagePort, parentPort } from 'node:worker_threads'

const tasks = await import('./tasks.ts')

interface Order {
  readonly name: keyof typeof tasks
  readonly task: never
  readonly port: MessagePort
}

async function answerTo({ name, task }: Order): Promise<unknown> {
  try {
    return { value: await tasks[name](task) }
  } catch (error) {
    const { name: kind, code, message } = error as Error & { code?: string }
    return { failure: { name: kind, code, message } }
  }
}

parentPort?.on('message', async (order: Order) => {
  const answer = await answerTo(order)
  order.port.postMessage(answer)
})
