import { BY_VFS } from '../contestants/index.ts'
import type { Case } from '../harness/case.ts'
import { sameWork } from './same-work.ts'

/** A file that other processes may open, and one that a process has alone. */
export const cases: Case[] = sameWork(['point select', 'insert'], 'VFS', BY_VFS, ['WAL file', 'file'])
