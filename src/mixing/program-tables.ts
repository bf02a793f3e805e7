import { NEXT, SEEN } from './bit-history.js';
import { LOGS, RATES, SQUASH, STRETCH } from './tables.js';

/** What a program that mixes is given, by the names of `assembly/tables.ts`, each in as few bytes as it needs. */
export const PROGRAM_TABLES: Readonly<Record<string, Uint8Array | Uint16Array | Int16Array>> = {
  squashTable: Uint16Array.from(SQUASH),
  stretchTable: Int16Array.from(STRETCH),
  logsTable: Uint8Array.from(LOGS),
  ratesTable: Uint16Array.from(RATES),
  nextTable: NEXT,
  seenTable: SEEN,
};
