export interface ConnectOptions {
  /** Ends the wait at once, with `signal.reason`. */
  signal?: AbortSignal | undefined

  /**
   * `connect()` calls it once, if no connection is free and the checkout has to wait. `leave(reason)` ends the wait at once,
   * with that reason.
   */
  onWait?: ((leave: (reason: unknown) => void) => void) | undefined
}
