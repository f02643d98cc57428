/**
 * One slot of a pool, as its pool class sees it: something to lend, to take back and to keep. Opening, resetting and
 * closing what is in it is the base class's.
 */
export interface ConnectionRecord<C> {
  /** `undefined` before the first checkout, after an invalidation and after a detach. */
  readonly connection: C | undefined

  /** Where it was checked out, as far as its borrower or the pool has noted it. */
  readonly holder: Error | undefined
}
