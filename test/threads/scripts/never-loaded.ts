/** A creator whose module waits for something that never comes. */
await new Promise(() => {})

export default function open(): never {
  throw new Error('this is never reached')
}
