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

  test('with a capacity of 0 keeps nothing', () => {
    const cache = new SqlTextCache<number>(0)
    cache.set('a', 1)
    expect(cache.get('a')).toBeUndefined()
  })

  test('does not keep a text so long that keeping it costs more than preparing it', () => {
    const cache = new SqlTextCache<number>(10)
    cache.set(`select '${'x'.repeat(100_000)}'`, 1)
    expect(cache.size).toBe(0)
  })

  test('replaces the value of a text that it knows', () => {
    const cache = new SqlTextCache<number>(1)
    cache.set('a', 1)
    cache.set('a', 2)
    expect(cache.get('a')).toBe(2)
  })
})
