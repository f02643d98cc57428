import { describe, expect, test } from 'vitest'
import { SqlTextCache } from '../../packages/dialect/src/connection/sql-text-cache.ts'

describe('the cache of what is known of SQL texts', () => {
  test('forgets what was not used since it last made room', () => {
    const cache = new SqlTextCache<number>(3)
    cache.set('a', 1)
    cache.set('b', 2)
    cache.set('c', 3)
    cache.get('a')
    cache.set('d', 4)
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.get('d')]).toEqual([1, undefined, 3, 4])
  })

  test('never holds more than its capacity', () => {
    const cache = new SqlTextCache<number>(10)
    for (let index = 0; index < 1000; index += 1) {
      cache.set(`select ${index}`, index)
      cache.get(`select ${index % 7}`)
    }
    expect(cache.size).toBe(10)
  })

  test('makes room even when everything in it was used', () => {
    const cache = new SqlTextCache<number>(2)
    cache.set('a', 1)
    cache.set('b', 2)
    cache.get('a')
    cache.get('b')
    cache.set('c', 3)
    expect(cache.size).toBe(2)
    expect(cache.get('c')).toBe(3)
  })

  test('gives the new value of a text that it was asked for last, and none once that is forgotten', () => {
    const cache = new SqlTextCache<number>(1)
    cache.set('a', 1)
    cache.get('a')
    cache.set('a', 2)
    expect(cache.get('a')).toBe(2)
    cache.set('b', 3)
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 3])
    cache.clear()
    expect(cache.get('b')).toBeUndefined()
  })

  test('keeps a text that it is asked for again and again', () => {
    const cache = new SqlTextCache<number>(2)
    cache.set('often', 1)
    for (let index = 0; index < 10; index += 1) {
      cache.get('often')
      cache.get('often')
      cache.set(`once ${index}`, index)
    }
    expect(cache.get('often')).toBe(1)
  })

  test('with a capacity of 0 keeps nothing', () => {
    const cache = new SqlTextCache<number>(0)
    cache.set('a', 1)
    expect(cache.get('a')).toBeUndefined()
  })

  test('never holds more than weighs as much as it may, and forgets what was not used first', () => {
    const cache = new SqlTextCache<number>(10, 100)
    for (const sql of ['a', 'b', 'c', 'd']) cache.set(sql, 1, 24)
    cache.get('a')
    cache.set('e', 1, 24)
    expect(cache.size).toBe(4)
    expect(cache.get('a')).toBe(1)
    expect(cache.get('b')).toBeUndefined()
    for (let n = 0; n < 100; n += 1) cache.set(`light ${n}`, n, 10)
    expect(cache.size).toBe(10)
  })

  test('makes room for a heavy text by as many light ones as it takes, also where all were used', () => {
    const cache = new SqlTextCache<number>(100, 100)
    for (let n = 0; n < 10; n += 1) cache.set(`light ${n}`, n, 10)
    for (let n = 0; n < 10; n += 1) cache.get(`light ${n}`)
    cache.set('heavy', 1, 24)
    expect(cache.size).toBe(8)
    expect(cache.get('heavy')).toBe(1)
  })

  test('does not keep what takes a quarter of all that it may hold', () => {
    const cache = new SqlTextCache<number>(10, 100)
    cache.set('a', 1, 24)
    cache.set('b', 1, 25)
    expect([cache.get('a'), cache.get('b')]).toEqual([1, undefined])
  })

  test('counts what is replaced or cleared no more', () => {
    const cache = new SqlTextCache<number>(10, 100)
    for (let n = 0; n < 100; n += 1) cache.set('a', n, 24)
    cache.set('b', 1, 24)
    expect(cache.size).toBe(2)
    cache.clear()
    for (const sql of ['a', 'b', 'c', 'd']) cache.set(sql, 1, 24)
    expect(cache.size).toBe(4)
  })

  test('weighs a text by its length where nothing else is said', () => {
    const cache = new SqlTextCache<number>(10)
    cache.set(`select '${'x'.repeat(499_000)}'`, 1)
    cache.set(`select '${'x'.repeat(500_000)}'`, 1)
    expect(cache.size).toBe(1)
  })

  test('replaces the value of a text that it knows', () => {
    const cache = new SqlTextCache<number>(1)
    cache.set('a', 1)
    cache.set('a', 2)
    expect(cache.get('a')).toBe(2)
  })
})
