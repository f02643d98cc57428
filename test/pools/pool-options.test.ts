import {
  AssertionPool,
  GenericPool,
  NullPool,
  POOL_OPTION_NAMES,
  PoolError,
  PoolOptionError,
  type PoolOptions,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { describe, expect, test } from 'vitest'
import { FakeServer } from './fake-connection.ts'

const classes = { SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool }
const everywhere = [
  'poolRecycle',
  'poolPrePing',
  'poolResetOnReturn',
  'leakDetectionThreshold',
  'poolName',
  'poolEvents',
]
const takes: Record<string, readonly string[]> = {
  SingletonThreadPool: [...everywhere, 'poolTimeout', 'poolSize'],
  StaticPool: [...everywhere, 'poolTimeout'],
  NullPool: everywhere,
  QueuePool: [...everywhere, 'poolTimeout', 'poolSize', 'maxOverflow', 'poolUseLifo'],
  GenericPool: [
    ...everywhere,
    'poolTimeout',
    'poolUseLifo',
    'min',
    'max',
    'idleTimeoutMillis',
    'softIdleTimeoutMillis',
    'evictionRunIntervalMillis',
    'numTestsPerEvictionRun',
  ],
  AssertionPool: everywhere,
}
const values: Required<PoolOptions> = {
  poolSize: 3,
  maxOverflow: 0,
  poolUseLifo: true,
  poolTimeout: 0,
  poolRecycle: 1000,
  poolPrePing: true,
  poolResetOnReturn: null,
  leakDetectionThreshold: 5000,
  poolName: 'orders',
  poolEvents: { connect: () => {} },
  min: 1,
  max: 20,
  idleTimeoutMillis: 1000,
  softIdleTimeoutMillis: 500,
  evictionRunIntervalMillis: 100,
  numTestsPerEvictionRun: 5,
}
const { connect } = new FakeServer()

/** The error that a JavaScript user gets, whatever the types say. */
function refusal(PoolClass: (typeof classes)[keyof typeof classes], options: object): unknown {
  try {
    return new PoolClass(connect, options)
  } catch (error) {
    return error
  }
}

describe.each(Object.entries(classes))('%s', (name, PoolClass) => {
  const taken = Object.entries(values).filter(([option]) => takes[name]?.includes(option))
  const refused = Object.entries(values).filter(([option]) => !takes[name]?.includes(option))

  test.each(taken)('takes %s: %s', (option, value) => {
    expect(refusal(PoolClass, { [option]: value })).toBeInstanceOf(PoolClass)
  })

  test.each(refused)('names the classes that take %s: %s', (option, value) => {
    const takers = Object.keys(takes).filter((taker) => takes[taker]?.includes(option))
    const error = refusal(PoolClass, { [option]: value })
    expect(error).toBeInstanceOf(PoolOptionError)
    expect(error).toMatchObject({
      code: 'POOL_OPTION',
      option,
      message:
        `${name} takes no option ${option}, which is for ${takers.join(', ').replace(/, (?=\w+$)/, ' and ')}. ` +
        `${name} takes ${PoolClass.takes.join(', ')}.`,
    })
  })

  test('takes undefined for an option that is left out', () => {
    const options = Object.fromEntries(Object.keys(values).map((option) => [option, undefined]))
    expect(refusal(PoolClass, options)).toBeInstanceOf(PoolClass)
  })
})

test('POOL_OPTION_NAMES names every option', () => {
  expect([...POOL_OPTION_NAMES].toSorted()).toEqual(Object.keys(values).toSorted())
})

test.each([
  ['poolsize', 'poolSize'],
  ['pool_size', 'poolSize'],
  ['maxOverlow', 'maxOverflow'],
  ['poolTimeOut', 'poolTimeout'],
  ['poolResetOnreturn', 'poolResetOnReturn'],
])('the misspelt option %s is refused, and %s proposed', (name, meant) => {
  const error = refusal(QueuePool, { [name]: 1 })
  expect(error).toBeInstanceOf(PoolOptionError)
  expect((error as Error).message).toContain(
    `QueuePool takes no option ${name}; did you mean ${meant}? QueuePool takes`,
  )
})

test.each(['toString', 'colour', ''])('the unknown option "%s" is refused', (name) => {
  const error = refusal(QueuePool, { [name]: 1 })
  expect(error).toBeInstanceOf(PoolOptionError)
  expect((error as Error).message).toContain(`QueuePool takes no option ${name}`)
})

test.each(['colour', 'size', 'databaseFileName'])(
  'for the option %s, which is near none, none is proposed',
  (name) => {
    const error = refusal(QueuePool, { [name]: 1 })
    expect((error as Error).message).toContain(`QueuePool takes no option ${name}. QueuePool takes`)
  },
)

test.each([
  { poolSize: -1 },
  { poolSize: 1.5 },
  { poolSize: Number.NaN },
  { poolSize: Infinity },
  { poolSize: '5' },
  { poolSize: null },
  { maxOverflow: -2 },
  { poolTimeout: -1 },
  { poolTimeout: 0.5 },
  { poolTimeout: '30' },
  { poolRecycle: -2 },
  { poolRecycle: Number.NaN },
  { poolPrePing: 1 },
  { poolUseLifo: 'yes' },
  { poolResetOnReturn: 'rolback' },
  { poolResetOnReturn: 'none' },
  { poolResetOnReturn: 1 },
  { poolName: '' },
  { poolName: 7 },
  { poolEvents: 'connect' },
])('the value in %j is refused', (options) => {
  const [[name, value]] = Object.entries(options) as [[string, unknown]]
  const error = refusal(QueuePool, options)
  expect(error).toBeInstanceOf(PoolOptionError)
  const shown = typeof value === 'string' ? `'${value}'` : String(value)
  const { message } = error as Error
  expect([message.startsWith(`QueuePool: ${name} must be `), message.endsWith(`, not ${shown}.`)]).toEqual([
    true,
    true,
  ])
})

test.each([
  { min: -1 },
  { min: 1.5 },
  { max: 0 },
  { max: Infinity },
  { max: '5' },
  { idleTimeoutMillis: 0 },
  { idleTimeoutMillis: -1 },
  { softIdleTimeoutMillis: 0 },
  { softIdleTimeoutMillis: -2 },
  { evictionRunIntervalMillis: -1 },
  { evictionRunIntervalMillis: 2 ** 31 },
  { numTestsPerEvictionRun: 0 },
])('a GenericPool refuses the value in %j, which generic-pool would take for another', (options) => {
  const [[name]] = Object.entries(options) as [[string, unknown]]
  const error = refusal(GenericPool, options)
  expect(error).toBeInstanceOf(PoolOptionError)
  expect(error).toMatchObject({
    option: name,
    message: expect.stringContaining(`GenericPool: ${name} must be `),
  })
})

test.each([
  ['min', { min: 3, max: 2 }],
  ['min', { min: 11 }],
  ['idleTimeoutMillis', { idleTimeoutMillis: 10, evictionRunIntervalMillis: 0 }],
  ['softIdleTimeoutMillis', { softIdleTimeoutMillis: 10, evictionRunIntervalMillis: 0 }],
])('a GenericPool refuses %s where another option contradicts it: %j', (option, options) => {
  const error = refusal(GenericPool, options)
  expect(error).toBeInstanceOf(PoolOptionError)
  expect(error).toMatchObject({ option })
})

test('a SingletonThreadPool refuses a poolSize of 0, which would lend nothing', () => {
  expect(refusal(SingletonThreadPool, { poolSize: 0 })).toMatchObject({
    code: 'POOL_OPTION',
    option: 'poolSize',
  })
})

test('a creator is needed', () => {
  expect(() => Reflect.construct(StaticPool, [undefined])).toThrow(PoolError)
  expect(() => Reflect.construct(StaticPool, [{}])).toThrow('StaticPool needs a creator')
  expect(() => Reflect.construct(StaticPool, [{}])).toThrow(expect.objectContaining({ option: 'creator' }))
})

test("SQLAlchemy's spelling of an event is refused, and the event proposed", () => {
  const pool = new QueuePool(() => ({ close() {} }))
  const listen = (): unknown => pool.on('first_connect' as 'firstConnect', () => {})
  expect(listen).toThrow(PoolOptionError)
  expect(listen).toThrow('There is no pool event first_connect; did you mean firstConnect?')
})

test('an event that is near none is refused with the list of all', () => {
  const pool = new QueuePool(() => ({ close() {} }))
  const listen = (): unknown => pool.on('error' as 'close', () => {})
  expect(listen).toThrow('There is no pool event error. The events are firstConnect, connect, checkout, ')
})
