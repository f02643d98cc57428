import { fileUriLocation } from './file-uri-location.ts'
import { plainPathLocation } from './plain-path.ts'
import type { SqliteLocation } from './sqlite-location.ts'
import { configHome, URI_PARAMETERS } from './uri-parameters.ts'
import { urlFault } from './url-fault.ts'

/**
 * The location that one of SQLAlchemy's URLs names: `sqlite://` + `/` + the database, which SQLAlchemy takes as it
 * stands, without percent-decoding. No database means a private memory database, as there. With `uri=true` the
 * database is a `file:` URI, and the parameters other than `uri` are its parameters.
 *
 * @param url begins with `sqlite://`
 * @throws SqliteUrlError where there is a host, where `uri=true` and a `file:` URI do not come together, and for
 *   parameters of Python's driver, which have their place in the config.
 *
 * Source: https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite
 */
export function sqlalchemyUrlLocation(url: string): SqliteLocation {
  const rest = url.slice('sqlite://'.length)
  const mark = rest.indexOf('?')
  const target = mark === -1 ? rest : rest.slice(0, mark)
  const assignments = mark === -1 ? [] : rest.slice(mark + 1).split('&')
  if (target !== '' && !target.startsWith('/')) throw hostFault(target, url)
  const database = target.slice(1)
  const parameters = assignments.filter((assignment) => assignment !== '' && !isUriSwitch(assignment))
  refuseDriverArguments(parameters, url)
  const isUri = readUriSwitch(assignments.filter(isUriSwitch), url)
  if (database.startsWith('file:')) {
    if (!isUri) throw missingUriSwitch(database, parameters, url)
    return fileUriLocation(database + asQuery(parameters), url)
  }
  if (isUri || parameters.length > 0) throw parametersWithoutUri(database, parameters, url)
  if (database === '' || database === ':memory:') return Object.freeze({ kind: 'memory' })
  return plainPathLocation(database, url)
}

function isUriSwitch(assignment: string): boolean {
  return assignment === 'uri' || assignment.startsWith('uri=')
}

/** The words that SQLAlchemy's `asbool` knows. */
function readUriSwitch(switches: readonly string[], url: string): boolean {
  const [only, another] = switches
  if (only === undefined) return false
  if (another === undefined) {
    if (/^uri=(?:true|yes|on|y|t|1)$/i.test(only)) return true
    if (/^uri=(?:false|no|off|n|f|0)$/i.test(only)) return false
  }
  throw urlFault(url, {
    reason: 'value',
    part: another ?? only,
    problem: another === undefined ? "'uri' must be true or false" : "'uri' is given more than once",
    didYouMean: 'uri=true',
  })
}

function refuseDriverArguments(parameters: readonly string[], url: string): void {
  for (const assignment of parameters) {
    const name = assignment.replace(/=.*$/s, '')
    const home = configHome(name)
    if (home === undefined) continue
    throw urlFault(url, {
      reason: 'parameter',
      part: assignment,
      problem: `'${name}' does not belong in the URL of a database: ${home}`,
    })
  }
}

function hostFault(target: string, url: string): Error {
  const path = target.replace(/^localhost\//i, '')
  return urlFault(url, {
    reason: 'form',
    part: target,
    problem:
      'a host follows two slashes, and SQLite has none. Write a relative path as sqlite:///app.db, and an absolute one as sqlite:////srv/app.db',
    didYouMean: suggestThreeSlashes(path),
  })
}

function suggestThreeSlashes(path: string): string | undefined {
  if (path.includes('@')) return undefined
  return /^:?memory:?$/i.test(path) ? 'sqlite:///:memory:' : `sqlite:///${path}`
}

function missingUriSwitch(database: string, parameters: readonly string[], url: string): Error {
  return urlFault(url, {
    reason: 'form',
    part: database,
    problem:
      'a `file:` URI inside a `sqlite:` URL needs the parameter `uri=true`. Without it, SQLAlchemy takes it for a file name',
    didYouMean: `sqlite:///${database}${asQuery([...parameters, 'uri=true'])}`,
  })
}

function parametersWithoutUri(database: string, parameters: readonly string[], url: string): Error {
  const name = database === '' ? ':memory:' : database
  const suggested = parameters.every((assignment) => URI_PARAMETERS.includes(assignment.replace(/=.*$/s, '')))
  return urlFault(url, {
    reason: 'form',
    part: parameters[0] ?? 'uri=true',
    problem: 'only a `file:` URI has parameters. Write `file:` in front of the path, and add `uri=true`',
    ...(suggested ? { didYouMean: `sqlite:///file:${name}${asQuery([...parameters, 'uri=true'])}` } : {}),
  })
}

function asQuery(parameters: readonly string[]): string {
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`
}
