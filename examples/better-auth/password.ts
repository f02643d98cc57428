import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Buffer, number, { N: number }, Buffer>(scrypt)
/** A quarter of better-auth's cost, so that the example ends soon. Leave `password` out in an application. */
const COST = { N: 4096 }

export async function hash(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, 64, COST)
  return `${salt.toString('hex')}:${key.toString('hex')}`
}

export async function verify({
  hash: stored,
  password,
}: {
  hash: string
  password: string
}): Promise<boolean> {
  const [salt = '', key = ''] = stored.split(':')
  return timingSafeEqual(Buffer.from(key, 'hex'), await derive(password, Buffer.from(salt, 'hex'), 64, COST))
}
