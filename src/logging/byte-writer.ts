import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';

/** Between two tries of a terminal that takes nothing at the moment, in milliseconds. */
const BUSY_MS = 100;

/** What did not get out, of bytes that were to be written. */
export class NotWrittenError extends Error {
  /** @param written bytes that did, before it failed. */
  constructor(
    readonly written: number,
    cause: unknown,
  ) {
    super('not written', { cause });
  }
}

/** Writes bytes somewhere, never holding up the event loop. One write at a time. */
export interface ByteWriter {
  /** Resolves when all is written, however long that takes. @throws NotWrittenError */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes as much as goes at once, when the process ends. */
  writeNow(bytes: Uint8Array): void;
}

/**
 * The writer that fits a file descriptor. What may stop taking bytes (pipes, sockets, terminals) must be written to without
 * blocking: a write that blocks in a thread of Node's pool keeps the process from ever ending.
 */
export function writerOf(fd: number): ByteWriter {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isSocket()) return socketWriter(fd);
  return fileWriter(isatty(fd) ? (nonBlocking(fd) ?? fd) : fd);
}

function socketWriter(fd: number): ByteWriter {
  const socket = new Socket({ fd, readable: false, writable: true });
  // Each write is told of it.
  socket.on('error', () => {});
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(new NotWrittenError(0, error)) : resolve()));
      }),
    writeNow: (bytes) => writeAtOnce(fd, bytes),
  };
}

function fileWriter(fd: number): ByteWriter {
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        try {
          at += await writeSome(fd, bytes.subarray(at));
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN'))
            throw new NotWrittenError(at, error);
          await sleep(BUSY_MS);
        }
      }
    },
    writeNow: (bytes) => writeAtOnce(fd, bytes),
  };
}

function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

function writeAtOnce(fd: number, bytes: Uint8Array): void {
  try {
    writeSync(fd, bytes);
  } catch {
    // Nobody is left to be told.
  }
}

/** The terminal once more, in a description of our own: others that share it must not be made non-blocking. */
function nonBlocking(fd: number): number | undefined {
  try {
    return openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
