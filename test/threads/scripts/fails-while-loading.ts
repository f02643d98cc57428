/** A creator in whose module something fails, with nobody to catch it, before it is loaded. */
import { setTimeout as delay } from 'node:timers/promises'

setTimeout(() => {
  throw new Error('failed while loading')
})
await delay(10_000)

export default function open(): never {
  throw new Error('this is never reached')
}
