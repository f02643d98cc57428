import { didYouMean } from './did-you-mean.ts'
import { PoolOptionError } from './errors.ts'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.ts'

/** The part of a pool class that the check of its options needs. */
export interface OptionTaker {
  readonly name: string
  readonly takes: readonly string[]
}

interface OptionRule {
  readonly valid: (value: unknown) => boolean
  /** Completes the sentence "it must be …". */
  readonly expected: string
  /** Completes the sentence "it is an option of …". */
  readonly takenBy: string
}

const DEFAULTS: ResolvedPoolOptions = {
  poolName: undefined,
  poolEvents: {},
  poolSize: 5,
  maxOverflow: 10,
  poolUseLifo: true,
  poolTimeout: 30_000,
  poolRecycle: -1,
  poolPrePing: false,
  poolResetOnReturn: 'rollback',
  leakDetectionThreshold: 0,
  min: 0,
  max: 10,
  idleTimeoutMillis: 30_000,
  softIdleTimeoutMillis: -1,
  evictionRunIntervalMillis: 1000,
  numTestsPerEvictionRun: 3,
}

const LONGEST_TIMER = 2 ** 31 - 1
const EVERY_CLASS = 'every pool class here'

const isBoolean = (value: unknown): boolean => typeof value === 'boolean'

const isInteger =
  (least: number, most = Infinity) =>
  (value: unknown): boolean =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most

const isListener = (value: unknown): boolean => typeof value === 'function'

const RULES: Record<keyof PoolOptions, OptionRule> = {
  poolName: {
    valid: (value) => typeof value === 'string' && value !== '',
    expected: 'a text that is not empty',
    takenBy: EVERY_CLASS,
  },
  poolEvents: {
    valid: (value) =>
      typeof value === 'object' && value !== null && Object.values(value).flat().every(isListener),
    expected: 'an object with a function, or a list of functions, for each event',
    takenBy: EVERY_CLASS,
  },
  poolSize: {
    valid: isInteger(0),
    expected: 'an integer from 0 on (0 means no limit)',
    takenBy: 'SingletonThreadPool and QueuePool',
  },
  maxOverflow: {
    valid: isInteger(-1),
    expected: 'an integer from -1 on (-1 means no limit)',
    takenBy: 'QueuePool',
  },
  poolUseLifo: { valid: isBoolean, expected: 'true or false', takenBy: 'QueuePool and GenericPool' },
  poolTimeout: {
    valid: (value) => value === Infinity || isInteger(0)(value),
    expected: 'a whole number of milliseconds from 0 on, or Infinity',
    takenBy: 'SingletonThreadPool, StaticPool, QueuePool and GenericPool',
  },
  poolRecycle: {
    valid: isInteger(-1),
    expected: 'a whole number of milliseconds from -1 on (-1 means never)',
    takenBy: EVERY_CLASS,
  },
  poolPrePing: { valid: isBoolean, expected: 'true or false', takenBy: EVERY_CLASS },
  poolResetOnReturn: {
    valid: (value) => isBoolean(value) || value === 'rollback' || value === 'commit' || value === null,
    expected: "'rollback' (or true), 'commit', or null (or false)",
    takenBy: EVERY_CLASS,
  },
  leakDetectionThreshold: {
    valid: isInteger(0, LONGEST_TIMER),
    expected: `a whole number of milliseconds from 0 to ${LONGEST_TIMER} (0 means never)`,
    takenBy: EVERY_CLASS,
  },
  min: { valid: isInteger(0), expected: 'an integer from 0 on', takenBy: 'GenericPool' },
  max: { valid: isInteger(1), expected: 'an integer from 1 on', takenBy: 'GenericPool' },
  idleTimeoutMillis: {
    valid: (value) => value === Infinity || isInteger(1)(value),
    expected: 'a whole number of milliseconds from 1 on, or Infinity',
    takenBy: 'GenericPool',
  },
  softIdleTimeoutMillis: {
    valid: (value) => value === -1 || isInteger(1)(value),
    expected: 'a whole number of milliseconds from 1 on, or -1 (never)',
    takenBy: 'GenericPool',
  },
  evictionRunIntervalMillis: {
    valid: isInteger(0, LONGEST_TIMER),
    expected: `a whole number of milliseconds from 0 to ${LONGEST_TIMER} (0 means never)`,
    takenBy: 'GenericPool',
  },
  numTestsPerEvictionRun: {
    valid: isInteger(1),
    expected: 'an integer from 1 on',
    takenBy: 'GenericPool',
  },
}

/** The names of all options, whichever class takes them. */
export const POOL_OPTION_NAMES: readonly (keyof PoolOptions)[] = Object.freeze(
  Object.keys(RULES).filter(isOptionName),
)

/**
 * The options with their defaults.
 *
 * @throws PoolOptionError for a name that is unknown or not taken by the class, and for a value that makes no sense
 */
export function resolvePoolOptions(poolclass: OptionTaker, options: PoolOptions): ResolvedPoolOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    const rule = isOptionName(name) ? RULES[name] : undefined
    if (!poolclass.takes.includes(name)) throw notTaken(poolclass, name, rule)
    if (rule?.valid(value) === false) {
      throw new PoolOptionError(
        name,
        `${poolclass.name}: ${name} must be ${rule.expected}, not ${show(value)}.`,
      )
    }
  }
  const resolved = { ...DEFAULTS, ...Object.fromEntries(given) }
  return Object.freeze({ ...resolved, poolResetOnReturn: resetStyle(options.poolResetOnReturn) })
}

function resetStyle(given: PoolOptions['poolResetOnReturn']): ResolvedPoolOptions['poolResetOnReturn'] {
  if (given === undefined) return DEFAULTS.poolResetOnReturn
  if (typeof given === 'boolean') return given ? 'rollback' : null
  return given
}

function isOptionName(name: string): name is keyof PoolOptions {
  return Object.hasOwn(RULES, name)
}

function notTaken({ name: poolclass, takes }: OptionTaker, name: string, rule?: OptionRule): PoolOptionError {
  const what = `${poolclass} takes no option ${name}`
  const choice = `${poolclass} takes ${takes.join(', ')}.`
  if (rule !== undefined) return new PoolOptionError(name, `${what}, which is for ${rule.takenBy}. ${choice}`)
  const meant = didYouMean(name, [...takes, ...POOL_OPTION_NAMES])
  return new PoolOptionError(
    name,
    `${what}${meant === undefined ? '.' : `; did you mean ${meant}?`} ${choice}`,
  )
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
