/** How a segment's bytes were coded. */
export type Method = 'stored' | 'brotli' | 'ardm';

/** How the positions of an ARDM block are spread over its network calls. */
export type Schedule = 'interleaved' | 'random' | 'lattice' | 'consecutive';

/** What the reader must know, besides the model, to repeat the calls of an ARDM segment. */
export interface Dial {
  readonly schedule: Schedule;
  /** Network calls per block, an integer from 1 to 1024; of the lattice, those of a level; of consecutive runs, those of the segment. */
  readonly calls: number;
}

/** How bytes were coded, without the payload. Lengths in bytes. */
export interface Coding {
  readonly method: Method;
  /** Length of the original bytes, below 2^40. */
  readonly length: number;
  /** Present exactly when `method` is `ardm`. */
  readonly dial?: Dial;
  /**
   * Present exactly when `method` is `ardm`: the model's identity (32 bytes) or at least its first two bytes when
   * written, exactly its first two bytes when read.
   */
  readonly model?: Uint8Array;
}

/** What the archive says of one segment. */
export interface SegmentInfo extends Coding {
  /** From `segmentCrc`; unsigned 32 bits. */
  readonly crc: number;
}

/** With a payload to be written. */
export interface WithPayload {
  readonly payload: Uint8Array;
}

/** With a payload as read: `archive.subarray(payloadOffset, payloadOffset + payloadLength)`. */
export interface Placed {
  readonly payloadOffset: number;
  readonly payloadLength: number;
}

/** A segment to be written. */
export interface Segment extends SegmentInfo, WithPayload {}

/** A segment as read. */
export interface SegmentDescriptor extends SegmentInfo, Placed {}

/** What an archive says of its file besides the segments (FORMAT.md, section 11). */
export interface Fields<P extends WithPayload | Placed = WithPayload> {
  /** Name of the file: shown, never used as a path. */
  readonly name?: string | undefined;
  readonly mediaType?: string | undefined;
  /** The dictionary's identity (32 bytes) or at least its first four bytes when written, exactly those when read. */
  readonly dictionary?: Uint8Array;
  readonly container?: Container<P>;
}

/** What a file is that is not the segments' bytes, but made of them. */
export interface Container<P extends WithPayload | Placed = WithPayload> {
  /** 0..63, which container. */
  readonly number: number;
  /** At most 255 bytes, in the container's own encoding. */
  readonly geometry: Uint8Array;
  /** Left out where the samples are the file. */
  readonly file?: {
    /** Bytes of the whole file, below 2^40. */
    readonly length: number;
    /** From `segmentCrc`, with the payload and model of the rest; unsigned 32 bits. */
    readonly crc: number;
    /** What geometry and samples do not make, at least one byte; coded without a dictionary. */
    readonly rest?: Coding & P;
  };
}

export interface ArchiveHeader extends Fields<Placed> {
  readonly version: number;
  /** Length of the file, below 2^40: what the archive *declares*; nothing of it is verified yet. */
  readonly originalLength: number;
  /** In the order of the file, at least one. */
  readonly segments: readonly SegmentDescriptor[];
  /** Bytes before the first payload. */
  readonly headerLength: number;
}
