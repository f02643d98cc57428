import { didYouMean } from '@poolclass/pools/did-you-mean'
import { parseFileUri } from './file-uri.ts'
import { refuseStrayFileName } from './file-name.ts'
import { refuseObviousMistakes } from './obvious-mistakes.ts'
import type { AccessMode, SqliteLocation } from './sqlite-location.ts'
import { configHome, URI_PARAMETERS } from './uri-parameters.ts'
import { urlFault } from './url-fault.ts'

/** What the parameters of a URI come to, by SQLite's rules for repeated ones. */
interface OpenFlags {
  mode?: AccessMode | 'memory'
  cache?: 'shared' | 'private'
  vfs?: string
  immutable?: boolean
  nolock?: boolean
  psow?: boolean
  modeof?: string
}

/**
 * The location that a `file:` URI names.
 *
 * Repeated parameters: the last `vfs` and `cache` decide, and each `mode` may only narrow the one before it (after
 * `mode=memory` any is allowed again). Of `immutable`, `nolock`, `psow` and `modeof` SQLite reads the first.
 *
 * @param uri begins with `file:`
 * @param url what the user wrote, for the error; the URI may be only a part of it
 * @throws SqliteUrlError
 *
 * Source: https://www.sqlite.org/uri.html and `sqlite3ParseUri`, `sqlite3_uri_boolean` in SQLite's main.c
 */
export function fileUriLocation(uri: string, url: string): SqliteLocation {
  refuseObviousMistakes(url)
  const { name, parameters } = parseFileUri(uri, url)
  const flags: OpenFlags = {}
  for (const [parameter, value] of parameters) readParameter(flags, parameter, value, url)
  return Object.freeze(locate(name, flags, url))
}

function readParameter(flags: OpenFlags, parameter: string, value: string, url: string): void {
  switch (parameter) {
    case 'mode':
      flags.mode = nextMode(flags.mode, value, url)
      return
    case 'cache':
      flags.cache = readCache(value, url)
      return
    case 'vfs':
      flags.vfs = readName(parameter, value, url)
      return
    case 'modeof':
      flags.modeof ??= readName(parameter, value, url)
      return
    case 'immutable':
    case 'nolock':
    case 'psow': {
      const boolean = readBoolean(parameter, value, url)
      flags[parameter] ??= boolean
      return
    }
    default:
      throw unknownParameter(parameter, url)
  }
}

/** SQLite's `SQLITE_OPEN_*` bits, which it compares as numbers: https://www.sqlite.org/c3ref/c_open_autoproxy.html */
const ACCESS_BITS = { ro: 0x01, rw: 0x02, rwc: 0x06, memory: 0x80 } as const

function nextMode(before: OpenFlags['mode'], value: string, url: string): AccessMode | 'memory' {
  if (value !== 'ro' && value !== 'rw' && value !== 'rwc' && value !== 'memory') {
    throw urlFault(url, {
      reason: 'mode',
      part: `mode=${value}`,
      problem: `no such access mode: '${value}'. It must be ro, rw, rwc or memory`,
      didYouMean: near('mode', value, ['rwc', 'rw', 'ro', 'memory']),
    })
  }
  if (value !== 'memory' && ACCESS_BITS[value] > ACCESS_BITS[before ?? 'rwc']) {
    throw urlFault(url, {
      reason: 'mode',
      part: `mode=${value}`,
      problem: `access mode not allowed: '${value}', because 'mode=${before}' before it allows less`,
    })
  }
  return value
}

function readCache(value: string, url: string): 'shared' | 'private' {
  if (value === 'shared' || value === 'private') return value
  throw urlFault(url, {
    reason: 'cache',
    part: `cache=${value}`,
    problem: `no such cache mode: '${value}'. It must be shared or private`,
    didYouMean: near('cache', value, ['shared', 'private']),
  })
}

function readName(parameter: string, value: string, url: string): string {
  if (value !== '') return value
  throw urlFault(url, { reason: 'value', part: parameter, problem: `'${parameter}' needs a value` })
}

/** SQLite reads more than these (`1abc`, `0x1`) and takes the default for all else, `immutable` without `=` included. */
function readBoolean(parameter: string, value: string, url: string): boolean {
  if (/^(?:on|yes|true)$/i.test(value)) return true
  if (/^(?:off|no|false)$/i.test(value)) return false
  if (/^\d{1,9}$/.test(value)) return Number(value) !== 0
  throw urlFault(url, {
    reason: 'value',
    part: value === '' ? parameter : `${parameter}=${value}`,
    problem: `'${parameter}' must be 1, on, yes, true, 0, off, no or false. SQLite would ignore '${value}'`,
    didYouMean: `${parameter}=1`,
  })
}

function near(parameter: string, value: string, candidates: readonly string[]): string | undefined {
  const candidate = didYouMean(value, candidates)
  return candidate === undefined ? undefined : `${parameter}=${candidate}`
}

function unknownParameter(parameter: string, url: string): Error {
  const home = configHome(parameter)
  if (home !== undefined) {
    return urlFault(url, {
      reason: 'parameter',
      part: parameter,
      problem: `'${parameter}' does not belong in the URL of a database: ${home}`,
    })
  }
  return urlFault(url, {
    reason: 'parameter',
    part: parameter,
    problem: `unknown parameter '${parameter}', which SQLite would ignore. It knows ${URI_PARAMETERS.join(', ')}, in lower case`,
    didYouMean: parameter === 'uri' ? undefined : didYouMean(parameter, URI_PARAMETERS),
  })
}

function locate(name: string, flags: OpenFlags, url: string): SqliteLocation {
  if (name === ':memory:' || flags.mode === 'memory') return locateMemory(name, flags, url)
  if (name === '') return locateTemporary(flags, url)
  if (flags.vfs === 'memdb') return locateMemdb(name, flags, url)
  return locateFile(name, flags, url)
}

function locateMemory(name: string, flags: OpenFlags, url: string): SqliteLocation {
  if (flags.vfs !== undefined && flags.vfs !== 'memdb') {
    throw urlFault(url, {
      reason: 'conflict',
      part: `vfs=${flags.vfs}`,
      problem: 'no VFS keeps a memory database, so `vfs` has no effect',
    })
  }
  return flags.cache === 'shared' ? sharedMemory(name, flags, url) : privateMemory(flags, url)
}

/**
 * The memdb VFS shares a database whose name begins with a slash and has more than that; others are private. With a
 * shared cache those are shared as well, under their whole name.
 *
 * Source: `memdbOpen` in SQLite's memdb.c
 */
function locateMemdb(name: string, flags: OpenFlags, url: string): SqliteLocation {
  if (/^\\./s.test(name)) {
    throw urlFault(url, {
      reason: 'name',
      part: name,
      problem: 'the name of a shared memory database begins with a slash here, not with a backslash',
      didYouMean: 'file:/name?vfs=memdb',
    })
  }
  if (/^\/./s.test(name)) return sharedMemory(name.slice(1), flags, url)
  if (flags.cache === 'shared') return sharedMemory(name === '/' ? '' : name, flags, url)
  return privateMemory(flags, url)
}

function sharedMemory(name: string, flags: OpenFlags, url: string): SqliteLocation {
  if (name === '') throw sharedWithoutName(url)
  refuseFileOnlyFlags(flags, url)
  return {
    kind: 'shared-memory',
    name,
    ...(flags.mode === undefined || flags.mode === 'memory' ? {} : { mode: flags.mode }),
  }
}

function privateMemory(flags: OpenFlags, url: string): SqliteLocation {
  refuseReadOnlyEmptiness(flags, url)
  refuseFileOnlyFlags(flags, url)
  return { kind: 'memory' }
}

function locateTemporary(flags: OpenFlags, url: string): SqliteLocation {
  if (flags.cache === 'shared') throw sharedWithoutName(url)
  refuseReadOnlyEmptiness(flags, url)
  refuseFileOnlyFlags(flags, url)
  return { kind: 'temporary', ...(flags.vfs === undefined ? {} : { vfs: flags.vfs }) }
}

function locateFile(path: string, flags: OpenFlags, url: string): SqliteLocation {
  refuseStrayFileName(path, url)
  const { mode, ...others } = flags
  return { kind: 'file', path, ...(mode === undefined || mode === 'memory' ? {} : { mode }), ...others }
}

function sharedWithoutName(url: string): Error {
  return urlFault(url, {
    reason: 'conflict',
    part: 'cache=shared',
    problem: 'a database without a name is private to its connection, so it cannot be shared',
    didYouMean: 'file::memory:?cache=shared',
  })
}

function refuseReadOnlyEmptiness(flags: OpenFlags, url: string): void {
  if (flags.mode !== 'ro') return
  throw urlFault(url, {
    reason: 'conflict',
    part: 'mode=ro',
    problem: 'a private database begins empty, and with `mode=ro` nobody could ever write to it',
  })
}

/** The memdb VFS turns `immutable` into a private, empty snapshot; elsewhere these have no effect at all. */
function refuseFileOnlyFlags(flags: OpenFlags, url: string): void {
  const parameter = flags.immutable ? 'immutable' : flags.nolock ? 'nolock' : undefined
  if (parameter === undefined) return
  throw urlFault(url, {
    reason: 'conflict',
    part: parameter,
    problem: `'${parameter}' is for a database file, and this URL names none`,
  })
}
