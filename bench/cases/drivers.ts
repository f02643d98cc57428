import { BY_DRIVER } from '../contestants/index.ts'
import type { Case } from '../harness/case.ts'
import { sameWork } from './same-work.ts'

const NAMES = ['point select', 'range of 100 rows', 'insert', 'transaction of ten']

/** The same work over each driver. */
export const cases: Case[] = sameWork(NAMES, 'driver', BY_DRIVER, ['memory', 'WAL file'])
