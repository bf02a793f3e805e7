import { type ByteWriter, NotWrittenError } from './byte-writer.js';

/** Characters of lines that wait for a reader or a disk; what comes beyond that is lost. */
const MAX_WAITING = 2 ** 20;
/** Characters that are written at a time, unless one line has more. */
const MAX_CHUNK = 2 ** 16;
const LINE_FEED = 0x0a;

/**
 * Takes the lines of a log and writes them behind the caller's back, in order. Whatever is wrong with what it writes to, the
 * caller never waits and is never told; lines that could not be written are counted.
 */
export class LogOutput {
  private waiting: string[] = [];
  private waitingLength = 0;
  private writing: Promise<void> | undefined;
  /** The last line that got out is not whole. */
  private torn = false;
  private lostLines = 0;
  private reportedLost = 0;

  /** @param recovered told how many lines are lost, when lines can be written again. */
  constructor(
    private readonly writer: ByteWriter,
    private readonly recovered: (lines: number) => void,
  ) {}

  /** Lines that were lost so far. */
  get lost(): number {
    return this.lostLines;
  }

  /** @param line with its line break. */
  write(line: string): void {
    if (this.waitingLength + line.length > MAX_WAITING) {
      this.lostLines++;
      return;
    }
    this.waiting.push(line);
    this.waitingLength += line.length;
    this.writing ??= this.writeAll();
  }

  /** Waits until all is written or lost, but not longer than `limit` milliseconds. @returns whether it is. */
  async drain(limit: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), limit);
    });
    const drained = (async () => {
      while (this.writing) await this.writing;
      return true;
    })();
    const inTime = await Promise.race([drained, late]);
    clearTimeout(timer);
    return inTime;
  }

  /** For a process that ends at once. */
  writeNow(): void {
    this.writer.writeNow(Buffer.from(this.waiting.join('')));
    this.waiting = [];
  }

  private async writeAll(): Promise<void> {
    // What is logged in one turn of the event loop is written together.
    await undefined;
    while (this.waiting.length > 0) {
      const written = await this.writeChunk(this.nextChunk());
      const lost = this.lostLines - this.reportedLost;
      if (!written || lost === 0 || this.waiting.length > 0) continue;
      this.reportedLost = this.lostLines;
      this.recovered(lost);
    }
    this.writing = undefined;
  }

  private nextChunk(): string[] {
    let length = 0;
    let count = 0;
    do length += this.waiting[count++]?.length ?? 0;
    while (count < this.waiting.length && length < MAX_CHUNK);
    this.waitingLength -= length;
    return this.waiting.splice(0, count);
  }

  /** @returns whether all of it got out. */
  private async writeChunk(lines: readonly string[]): Promise<boolean> {
    const bytes = Buffer.from((this.torn ? '\n' : '') + lines.join(''));
    try {
      await this.writer.write(bytes);
      this.torn = false;
      return true;
    } catch (error) {
      const out = bytes.subarray(0, error instanceof NotWrittenError ? error.written : 0);
      const ends = out.reduce((count, byte) => count + (byte === LINE_FEED ? 1 : 0), 0);
      this.lostLines += lines.length - Math.max(0, ends - (this.torn ? 1 : 0));
      if (out.length > 0) this.torn = out.at(-1) !== LINE_FEED;
      return false;
    }
  }
}
