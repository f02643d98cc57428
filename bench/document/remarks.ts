/** What a reader will ask about the figures of a subject. */
export const remarks: Readonly<Record<string, string>> = {
  'point select': `- **What the drivers save** is Kysely's query builder and executor, most of the time of a short query. A query that is
  compiled once gets part of it back: [speed](speed.md#measured).
- **With a thread**, one query at a time pays for waking two threads that sleep, about 20 µs on this machine; sqlite3, which also works in
  another thread, pays it too. Many at a time share it: see [how the cost grows](#waiting-queries).
- **NullPool** opens the file and reads its schema for each query, and in WAL mode its last connection removes the WAL.
- **AssertionPool** notes the stack of each checkout.`,

  insert: `- **On a rollback-journal file** all are as fast as the disk: each insert is a commit of its own.
- **node:sqlite** needs some 0.4 µs less than better-sqlite3 for a statement that returns no rows, and better-sqlite3 less for one that does
  (point select, range). That is inside of the two addons; nothing above them can change it.`,

  'transaction of ten': `With a thread, twelve statements that are awaited one after the other are twelve questions and answers. One insert of ten rows is one.`,

  '100,000 rows': `Here the garbage collector decides: 100,000 objects survive their first collections, and the same code took 24 ms in some processes
and 45 in others. Differences within that are none. With a thread, the rows are read, sent and
unpacked: [speed](speed.md#threads).`,

  '100,000 rows streamed': `Kysely's dialect and kysely-generic-sqlite yield one row at a time, whatever the chunk size, and each costs several
promises.`,

  'mixed reads and writes, 16 at a time': `Without a thread, nothing is gained by more connections than one for queries that are all short: a QueuePool spreads the tasks
over connections that each have statements and pages of their own. It is for transactions that stay open: the next case but one.`,

  'readers beside an open transaction': `One connection, or a lock that shuts readers out (shared memory), lets the readers wait for the whole transaction. Drivers
that block their thread cannot wait for a lock of their own thread at all. In a QueuePool, the connections that 20 readers need at once beyond
\`poolSize\` have to be opened first; NullPool opens all of them.`,

  'cold start': `Poolclass takes some 30 ms more than Kysely's dialect, whose own import is most of the time: it loads some 100 files, at some 0.3 ms
each. As one file, the dialect's own part took 10 ms instead of 22. It stays in files, so that stack traces and
debuggers show them; who needs a quick start bundles the whole program anyway, Kysely with it.`,

  'memory per connection': `- **better-sqlite3 is built with a page cache of 16,000 KiB** for each connection, so the whole table stays in it; SQLite's default, which the other drivers
  have, is 2,000 KiB. \`pragmas: { cache_size: -2000 }\` takes 1.2 MiB off, and costs reads where the data is larger than that.
- **A thread** is an engine of its own, some 12 MiB; connections of one dialect share it.`,
}
