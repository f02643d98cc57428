import { setImmediate as nextTurn } from 'node:timers/promises'

/** Where threads wait for each other. */
export interface Gate {
  readonly arrived: Int32Array<SharedArrayBuffer>
  readonly expected: number
}

export function gateFor(expected: number): Gate {
  return { arrived: new Int32Array(new SharedArrayBuffer(4)), expected }
}

/** Returns when as many as the gate expects have come. */
export async function meetAt({ arrived, expected }: Gate): Promise<void> {
  Atomics.add(arrived, 0, 1)
  while (Atomics.load(arrived, 0) < expected) await nextTurn()
}
