/** Why no connection is opened beside those of the pool. */
export const MOVED_FILE: string =
  'The database file was moved, deleted or replaced while connections had it open. Put it back. If you cannot, end the process, ' +
  'and rename the -wal file in the same way before anything opens either.'
