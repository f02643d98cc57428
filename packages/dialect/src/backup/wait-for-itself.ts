import type { Engine } from '../engine.ts'
import { whereHeld } from '../waiting/writer.ts'

/**
 * Why something would wait for the very transaction that it is asked for in; undefined where it would not.
 *
 * @param needs What it needs, which the transaction may hold.
 */
export function waitForItself(
  { nestedUse, pool, writeQueue }: Engine,
  needs: 'connection' | 'write lock',
): string | undefined {
  const { holder } = nestedUse
  if (holder === undefined) return undefined
  const isHeld = needs === 'connection' ? pool.capacity === 1 : writeQueue?.writer === holder
  if (!isHeld) return undefined
  return (
    `It was called inside \`${holder.inside}\`, which holds the ${needs === 'connection' ? 'only connection' : 'write lock'}, ` +
    `so it would wait for itself. Call it after \`${holder.inside}\`.\n${whereHeld(holder)}`
  )
}
