/** Whatever a user notes of a connection, under a name or a symbol. */
export type ConnectionInfo = Record<string | symbol, unknown>

const infos = new WeakMap<object, ConnectionInfo>()

/** Your notes on a connection. They live as long as it does. */
export function infoOf(connection: object): ConnectionInfo {
  const known = infos.get(connection)
  if (known !== undefined) return known
  const info: ConnectionInfo = {}
  infos.set(connection, info)
  return info
}
