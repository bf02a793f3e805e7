import { ArdmError } from '../errors.js';
import { StandardOutputError, UsageError } from './errors.js';

/** What the command ends with. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Says on standard error what went wrong. @param what the file, or the part of the command. @returns the exit code. */
export function reportFailure(error: unknown, what?: string): ExitCode {
  const where = what === undefined ? 'ardm' : `ardm: ${what}`;
  if (error instanceof ArdmError) say(`${where}: ${error.message.replaceAll('\n', ' ')} [${error.code}]`);
  // A bug: it shows where it is.
  else
    for (const line of (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n'))
      say(`${where}: ${line}`);
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

/**
 * Says what went wrong with one file of several. @returns the exit code.
 *
 * @throws StandardOutputError, which is no fault of the file, and would be that of all that follow.
 */
export function reportFailureOf(file: string, error: unknown): ExitCode {
  if (error instanceof StandardOutputError) throw error;
  return reportFailure(error, file);
}

/** Writes a line on standard error. Names of files, and what servers say, must not tell the terminal anything. */
export function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** Control characters as JavaScript writes them: `\x1b`. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Of several, the one that tells more of what went wrong. */
export function worse(one: ExitCode, other: ExitCode): ExitCode {
  return one > other ? one : other;
}

/** `1 byte`, `20 bytes`. */
export function bytesInWords(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

/** A time as long as such are: `3 ms`, `1.25 s`. */
export function timeInWords(seconds: number): string {
  return seconds < 0.1 ? `${Math.max(1, Math.round(1_000 * seconds))} ms` : `${seconds.toFixed(2)} s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** A size for people: three digits at least, and a unit. */
export function sizeInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Lines of cells in columns: the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(cell.length, widest[i] ?? 0)),
    [],
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
