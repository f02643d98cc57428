/** Why no connection is opened beside those of the pool. */
export const MOVED_FILE =
  'The database file was moved, deleted or replaced while connections had it open. Restart the process.'
