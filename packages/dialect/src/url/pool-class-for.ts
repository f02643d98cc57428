import { NullPool, type PoolClass, QueuePool, SingletonThreadPool, StaticPool } from '@poolclass/pools'
import type { SqliteLocation } from './sqlite-location.ts'

/**
 * The pool class that a location gets unless `poolclass` in the config names another.
 *
 * | location | pool class | why |
 * | --- | --- | --- |
 * | `memory` | `SingletonThreadPool` | the database is its connection: a second one would see other data |
 * | `temporary` | `SingletonThreadPool` | as for memory, and it is deleted with its connection |
 * | `shared-memory` | `StaticPool` | it vanishes with its last connection, so one is kept |
 * | `file` with `cache=shared` | `StaticPool` | the user asked that connections share, and one connection shares all |
 * | `file` | `NullPool` | opening a file is cheap, and a closed connection holds no lock and no stale cache |
 * | `server` | `QueuePool` | a connection is a stream of the server, which has a limited number of them and is slow to open one |
 *
 * This is SQLAlchemy 1.3's and 1.4's rule for memory and files. Where SQLAlchemy takes shared memory for a
 * file it picks `NullPool`, and the data is lost whenever the last connection closes. SQLAlchemy 2 moved files to `QueuePool`.
 *
 * Source: https://docs.sqlalchemy.org/en/14/dialects/sqlite.html#threading-pooling-behavior
 */
export function poolClassFor(location: SqliteLocation): PoolClass {
  switch (location.kind) {
    case 'memory':
    case 'temporary':
      return SingletonThreadPool
    case 'shared-memory':
      return StaticPool
    case 'file':
      return location.cache === 'shared' ? StaticPool : NullPool
    case 'server':
      return QueuePool
  }
}
