export interface ConnectOptions {
  /** Ends the wait at once, with `signal.reason`. */
  signal?: AbortSignal | undefined

  /**
   * Called once, inside `connect()`, when no connection is free and the checkout has to queue. `leave` ends the wait at
   * once, with the reason that it is given.
   */
  onWait?: ((leave: (reason: unknown) => void) => void) | undefined
}
