import { Transform, type TransformCallback } from 'node:stream';
import { MalformedMultipartError } from '../errors.js';

/** Longest header of a part; what is longer is left to the parser to refuse. */
const MAX_HEADER = 16_384;

const HEADER_END = '\r\n\r\n';
const DISPOSITION = /^content-disposition:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*/im;
const TYPE = /^content-type:[ \t]*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[ \t]*(?:;|$)/im;
const FILENAME = /;\s*filename\*?\s*=\s*("")?/i;

/** For parts that say none, or what is none: the parser would call them text/plain. */
const NO_TYPE = '\r\nContent-Type: application/octet-stream';

/** File names that parts without one, and with an empty one, are given. */
export interface StandIns {
  readonly none: string;
  readonly empty: string;
}

/**
 * Gives every part of a form a file name. multer hands over what has one as a stream of bytes, and all else as text, which not every file
 * survives: whoever reads the parts tells the names that were given by these from those of clients.
 */
export class NamedParts extends Transform {
  private readonly delimiter: Buffer;
  /** What has come and was not passed on; a first line break, since the first delimiter may come without one (RFC 2046, 5.1.1). */
  private rest: Buffer = Buffer.from('\r\n');
  private inHeader = false;

  constructor(
    boundary: string,
    private readonly names: StandIns,
  ) {
    super();
    this.delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    try {
      while (this.inHeader ? this.passHeader() : this.passBody());
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    this.push(this.rest);
    done();
  }

  /** Passes on what is certainly no delimiter. @returns whether one came, and its header follows. */
  private passBody(): boolean {
    const at = this.rest.indexOf(this.delimiter);
    this.inHeader = at >= 0;
    this.pass(this.inHeader ? at + this.delimiter.length : this.rest.length - this.begun());
    return this.inHeader;
  }

  /** Bytes at the end with which a delimiter may begin. */
  private begun(): number {
    const most = Math.min(this.rest.length, this.delimiter.length - 1);
    const at = this.rest.indexOf('\r', this.rest.length - most);
    return at < 0 ? 0 : this.rest.length - at;
  }

  /** @returns whether the header was there, and a body follows. */
  private passHeader(): boolean {
    if (!/^(?:-?$|--|\r?$|\r\n)/.test(this.rest.toString('latin1', 0, 2))) {
      // The parser would take it for the end of the form, and the file for whole.
      throw new MalformedMultipartError('a line of the file begins with the boundary');
    }
    const end = this.rest.indexOf(HEADER_END);
    if (end < 0 && this.rest.length <= MAX_HEADER) return false;
    this.inHeader = false;
    if (end < 0) return true;
    const header = this.rest.toString('latin1', 0, end);
    this.rest = this.rest.subarray(end);
    this.push(
      Buffer.from(
        header.replace(DISPOSITION, (line) => this.named(line) + (TYPE.test(header) ? '' : NO_TYPE)),
        'latin1',
      ),
    );
    return true;
  }

  private named(line: string): string {
    const found = FILENAME.exec(line);
    if (!found) return `${line.replace(/[;\s]+$/, '')}; filename="${this.names.none}"`;
    return found[1] === undefined ? line : line.replace(FILENAME, `; filename="${this.names.empty}"`);
  }

  private pass(length: number): void {
    if (length <= 0) return;
    this.push(this.rest.subarray(0, length));
    this.rest = this.rest.subarray(length);
  }
}
