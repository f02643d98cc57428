import { closeSync, openSync, readSync } from 'node:fs'

/** What a shared library was built for, as its first bytes say. */
export interface SharedLibrary {
  /** Undefined for a file that is none. */
  readonly format: Format | undefined
  /** In Node.js's words, such as `x64`; a number for one that Node.js does not run on. */
  readonly machines: readonly string[]
}

type Format = 'ELF' | 'Mach-O' | 'PE'

/** What this system loads. */
export const FORMAT: Format =
  process.platform === 'win32' ? 'PE' : process.platform === 'darwin' ? 'Mach-O' : 'ELF'

export function builtFor(file: string): SharedLibrary {
  const head = headOf(file)
  const magic = head.readUInt32BE(0)
  if (magic === 0x7f454c46) return { format: 'ELF', machines: [elfMachine(head)] }
  if (magic === 0xcffaedfe) return { format: 'Mach-O', machines: [named(MACH_O, head.readUInt32LE(4))] }
  if (magic === 0xcafebabe) return { format: 'Mach-O', machines: universalMachines(head) }
  if (magic >>> 16 === 0x4d5a) return { format: 'PE', machines: [windowsMachine(head)] }
  return { format: undefined, machines: [] }
}

/** The rest of a short file is zeros. */
function headOf(file: string): Buffer {
  const head = Buffer.alloc(HEAD)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, head, 0, HEAD, 0)
  } finally {
    closeSync(descriptor)
  }
  return head
}

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html: byte 5 says the order of the others. */
function elfMachine(head: Buffer): string {
  const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18)
  return named(ELF, machine)
}

/** One library for several machines. */
function universalMachines(head: Buffer): string[] {
  const count = Math.min(head.readUInt32BE(4), MOST_IN_UNIVERSAL)
  return Array.from({ length: count }, (_, index) => named(MACH_O, head.readUInt32BE(8 + 20 * index)))
}

/** https://learn.microsoft.com/windows/win32/debug/pe-format */
function windowsMachine(head: Buffer): string {
  const start = Math.min(head.readUInt32LE(0x3c), HEAD - 6)
  return named(PE, head.readUInt16LE(start + 4))
}

function named(machines: Readonly<Record<number, string>>, number: number): string {
  return machines[number] ?? `machine ${number}`
}

const ELF = { 3: 'ia32', 22: 's390x', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64', 258: 'loong64' }
const MACH_O = { 0x01000007: 'x64', 0x0100000c: 'arm64' }
const PE = { 0x14c: 'ia32', 0x8664: 'x64', 0xaa64: 'arm64' }

/** The bytes of a file that are looked at. */
const HEAD = 1024

const MOST_IN_UNIVERSAL = 8
