import { type Logger, pino } from 'pino';
import { writerOf } from './byte-writer.js';
import { LogOutput } from './log-output.js';

/** The log of this process: JSON, a line for each event. */
export interface Log {
  readonly log: Logger;
  /** Lines that were lost so far, because their disk was full or their reader did not read. */
  lost(): number;
  /** Waits for what is still to be written, `limit` milliseconds at most. @returns whether all was. */
  close(limit: number): Promise<boolean>;
}

/**
 * pino's own destination writes synchronously, which waits for a reader that has stopped reading, or through Node's threads, which then keep
 * the process from ending; and at the end it tries for ever to write to a full disk. LogOutput does none of that.
 *
 * @param fd what lines are written to: standard output, if nothing else is said.
 */
export function openLog(level: string, fd = 1): Log {
  const output = new LogOutput(writerOf(fd), (lines) => log.warn({ lines }, 'lines of the log were lost'));
  const log = pino({ level }, output);
  const atExit = (): void => output.writeNow();
  process.once('exit', atExit);
  return { log, lost: () => output.lost, close: (limit) => output.drain(limit) };
}
