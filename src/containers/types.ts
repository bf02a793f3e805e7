/** Extent of a picture of 8-bit samples. */
export interface Extent {
  /** Columns, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /** Grey, RGB or RGBA. */
  readonly channels: 1 | 3 | 4;
}

/** How a sample of sound stands in the file: unsigned or signed, its bits, and its least or most significant byte first. */
export type SampleFormat = 'u8' | 's8' | 's16le' | 's16be' | 's24le' | 's24be';

/** Sound as PCM: frames of a sample of each channel. */
export interface Sound {
  readonly format: SampleFormat;
  /** 1..8. */
  readonly channels: number;
  /** Frames a second, 0..2^32 - 1; 0 if it is not known. */
  readonly rate: number;
  /** At least 1. */
  readonly frames: number;
}

/**
 * What the samples of a container are: a picture's, row after row and pixel after pixel; those of sound, frame after frame; or bytes, where
 * both are left out.
 */
export interface Content {
  readonly picture?: Extent;
  readonly sound?: Sound;
}

/** A container as an archive names it (FORMAT.md, sections 11, 14 and 15). */
export interface ContainerId {
  /** 0..63. */
  readonly number: number;
  /** At most 255 bytes. */
  readonly geometry: Uint8Array;
}

/** A file taken apart. */
export interface Opened extends ContainerId {
  readonly content: Content;
  readonly samples: Uint8Array;
  /** All else of the file; empty if container, geometry and samples say all. */
  readonly rest: Uint8Array;
}

/** What a kind of container does; each has one file. */
export interface ContainerKind {
  /** FORMAT.md, section 11. */
  readonly number: number;
  /** What people are told it is. */
  readonly name: string;
  /**
   * What the samples are.
   *
   * @throws DamagedHeaderError if the geometry is none, UnsupportedFeatureError if it names what this reader does not know.
   */
  content(geometry: Uint8Array): Content;
  /** The parts of a file of this kind, not proven; undefined if it is none, or one that cannot be made again. */
  open(file: Uint8Array, work: Work): Promise<Omit<Opened, 'number'> | undefined>;
  /**
   * The file of these parts.
   *
   * @param length what the archive says of the file's length: nothing longer is ever made.
   * @throws DamagedContainerError (and nothing else) if there is none.
   */
  close(parts: Parts, length: number, pause: Pause): Promise<Uint8Array>;
}

/** What `close` is given; the samples are as many as the geometry says. */
export type Parts = Pick<Opened, 'geometry' | 'samples' | 'rest'>;

/** Awaited between two pieces of work of some milliseconds: lets others work, or throws to stop. */
export type Pause = () => Promise<void>;

export interface Work {
  /** Bytes of samples of the largest file that is opened; more are never made. */
  readonly maxSamples: number;
  readonly pause: Pause;
}
