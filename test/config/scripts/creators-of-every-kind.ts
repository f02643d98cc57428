/** Creators of every kind. */
import type { DatabaseCreator } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'

export const creators = {
  obeys: (_, { filename, options }) => new BetterSqlite3(filename, options),
  readsThePath: (location) => new BetterSqlite3('path' in location ? location.path : ':memory:'),
  opensReadOnly: (location) => new BetterSqlite3(`file:${pathOf(location)}?mode=ro`),
  guardsByPragma: (location) => {
    const database = new BetterSqlite3(pathOf(location))
    database.pragma('query_only = on')
    return database
  },
  isPrivate: () => new BetterSqlite3(':memory:'),
  isTemporary: () => new BetterSqlite3(''),
  forgetsTheSlash: (location) =>
    new BetterSqlite3(`file:${'name' in location ? location.name : ''}?vfs=memdb`),
  spellsItOtherwise: (location) =>
    new BetterSqlite3(`file:///${'name' in location ? location.name : ''}?vfs=memdb&psow=1`),
  opensAnother: (location) =>
    new BetterSqlite3('name' in location ? 'file:/another?vfs=memdb' : `${pathOf(location)}-another`),
  beginsATransaction: (_, { filename, options }) => new BetterSqlite3(filename, options).exec('begin'),
  closesIt: (_, { filename, options }) => new BetterSqlite3(filename, options).close(),
} satisfies Record<string, DatabaseCreator>

export type CreatorName = keyof typeof creators

function pathOf(location: Parameters<DatabaseCreator>[0]): string {
  return 'path' in location ? location.path : ''
}
