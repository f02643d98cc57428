import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** The driver's package is missing, or this version of Node.js does not have the driver. */
export class DriverMissingError extends DialectError {
  readonly code = 'POOLCLASS_DRIVER_MISSING'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'DriverMissingError'
  }

  /** @param otherwise What else the user can do, as a sentence. */
  static ofPackage(name: string, cause: unknown, otherwise?: string): DriverMissingError {
    const message =
      `The driver '${name}' needs the package ${name}, which could not be loaded (` +
      `${cause instanceof Error ? cause.message : String(cause)}). Install it: npm install ${name}`
    return new DriverMissingError(otherwise === undefined ? message : `${message}. ${otherwise}`, { cause })
  }
}

/** The URL needs SQLite's URI file names, but better-sqlite3 was loaded before with URI file names off. */
export class UriSupportError extends DialectError {
  readonly code = 'POOLCLASS_URI_OFF'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'UriSupportError'
  }

  constructor(filename: string) {
    super(
      `Cannot open ${filename}: better-sqlite3 was loaded in this process with SQLite's URI file names switched off, ` +
        'and they cannot be switched on later. Import @poolclass/dialect on the main thread before anything opens a ' +
        'better-sqlite3 database, or start Node.js with the environment variable SQLITE_USE_URI=1. If Vitest runs ' +
        'the tests in threads, import it in a globalSetup module.',
    )
  }
}

/** SQLite could not load an extension. */
export class ExtensionError extends DialectError {
  readonly code = 'POOLCLASS_EXTENSION'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'ExtensionError'
  }
}
