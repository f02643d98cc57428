/** What a warning is about. */
export type WarningCode =
  | 'POOLCLASS_MANY_OPENINGS'
  | 'POOLCLASS_NESTED_USE'
  | 'POOLCLASS_SERVER_REFUSES'
  | 'POOLCLASS_SLOW_QUERY'
  | 'POOLCLASS_TELEMETRY'
  | 'POOLCLASS_TRACE'
  | 'POOLCLASS_TRANSACTION_TIMEOUT'
  | 'POOLCLASS_WAL_BLOCKED'
  | 'POOLCLASS_WAL_RESET'

/**
 * Reports a fault that makes no statement fail, or not the one that caused it. Node.js prints it, and `process.on('warning')` gets it.
 *
 * @param detail Such as a stack. It is printed below the message.
 */
export function warn(code: WarningCode, message: string, detail?: string): void {
  process.emitWarning(message, {
    type: 'PoolclassWarning',
    code,
    ...(detail !== undefined && { detail }),
  })
}
