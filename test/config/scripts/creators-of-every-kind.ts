/** Creators of every kind. */
import type { DatabaseCreator } from '@poolclass/dialect'
import { LibraryDatabase } from '../../support/plain-database.ts'

export const creators = {
  obeys: (_, { filename, options }) => new LibraryDatabase(filename, options),
  readsThePath: (location) => new LibraryDatabase('path' in location ? location.path : ':memory:'),
  opensReadOnly: (location) => new LibraryDatabase(`file:${pathOf(location)}?mode=ro`),
  guardsByPragma: (location) => {
    const database = new LibraryDatabase(pathOf(location))
    database.exec('pragma query_only = on')
    return database
  },
  isPrivate: () => new LibraryDatabase(':memory:'),
  isTemporary: () => new LibraryDatabase(''),
  forgetsTheSlash: (location) =>
    new LibraryDatabase(`file:${'name' in location ? location.name : ''}?vfs=memdb`),
  spellsItOtherwise: (location) =>
    new LibraryDatabase(`file:///${'name' in location ? location.name : ''}?vfs=memdb&psow=1`),
  opensAnother: (location) =>
    new LibraryDatabase('name' in location ? 'file:/another?vfs=memdb' : `${pathOf(location)}-another`),
  beginsATransaction: (_, { filename, options }) => {
    const database = new LibraryDatabase(filename, options)
    database.exec('begin')
    return database
  },
  closesIt: (_, { filename, options }) => {
    const database = new LibraryDatabase(filename, options)
    database.close()
    return database
  },
} satisfies Record<string, DatabaseCreator>

export type CreatorName = keyof typeof creators

function pathOf(location: Parameters<DatabaseCreator>[0]): string {
  return 'path' in location ? location.path : ''
}
