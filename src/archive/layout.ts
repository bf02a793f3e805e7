// The numbers of FORMAT.md that several files need.

export const MAGIC_BYTE = 0xa7;
/** Upper four bits of byte 1. */
export const MAGIC_NIBBLE = 0xd;
/** Lower four bits of byte 1, by version. */
export const VERSION_CODES = { 1: 0b0001, 2: 0b1110 } as const;
export type Version = keyof typeof VERSION_CODES;

/** Where the head check stands. */
export const CHECK_OFFSET = 2;
/** Where the flags of version 2 stand, and in their bit 7 the ninth bit of its head check. */
export const FLAGS_OFFSET = 4;
export const CHECK_FLAG = 0x80;
/** Where the head ends and the first descriptor, or the mark of a segmented archive, stands. */
export const HEAD_LENGTH = 3;

/** Values of the upper two bits of a descriptor's first byte. */
export const Kind = { stored: 0, brotli: 1, ardm: 2, segmented: 3 } as const;

/** Lower six bits of a descriptor's first byte. */
export const DIAL_MASK = 0x3f;

export const MODEL_LENGTH = 2;
export const DICTIONARY_LENGTH = 4;

/** Bits of the flags. */
export const Flag = { names: 1, dictionary: 2, container: 4 } as const;

/** Values of the upper two bits of a container's first byte; the lower six are its number. */
export const Form = { whole: 0, withRest: 1, samples: 2 } as const;
export const CONTAINER_MASK = 0x3f;
export const MAX_GEOMETRY_LENGTH = 255;

/** Every length, and every sum of lengths, is below this. */
export const LENGTH_LIMIT = 2 ** 40;

export const MIN_SEGMENTS = 2;
export const MAX_SEGMENTS = 65536;
/** A stored descriptor with a one-byte length: kind and dial, length, crc. */
export const MIN_DESCRIPTOR_LENGTH = 6;
