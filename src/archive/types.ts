/** How a segment's bytes were coded. */
export type Method = 'stored' | 'brotli' | 'ardm';

/** How the positions of an ARDM block are spread over its network calls. */
export type Schedule = 'interleaved' | 'random';

/** What the reader must know, besides the model, to repeat the calls of an ARDM segment. */
export interface Dial {
  readonly schedule: Schedule;
  /** Network calls per block, an integer from 1 to 1024. */
  readonly calls: number;
}

/** What the archive says of one segment, without its payload. Lengths in bytes. */
export interface SegmentInfo {
  readonly method: Method;
  /** Length of the original bytes, below 2^40. */
  readonly length: number;
  /** From `segmentCrc`; unsigned 32 bits. */
  readonly crc: number;
  /** Present exactly when `method` is `ardm`. */
  readonly dial?: Dial;
  /**
   * Present exactly when `method` is `ardm`: the model's identity (32 bytes) or at least its first two bytes when
   * written, exactly its first two bytes when read.
   */
  readonly model?: Uint8Array;
}

/** A segment to be written. */
export interface Segment extends SegmentInfo {
  readonly payload: Uint8Array;
}

/** A segment as read: its payload is `archive.subarray(payloadOffset, payloadOffset + payloadLength)`. */
export interface SegmentDescriptor extends SegmentInfo {
  readonly payloadOffset: number;
  readonly payloadLength: number;
}

export interface ArchiveHeader {
  readonly version: number;
  /** Sum of the segments' lengths, below 2^40: what the archive *declares*; nothing of it is verified yet. */
  readonly originalLength: number;
  /** In the order of the file, at least one. */
  readonly segments: readonly SegmentDescriptor[];
  /** Bytes before the first payload. */
  readonly headerLength: number;
}
