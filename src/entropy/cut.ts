/**
 * Bytes past the end of a string, beyond the four that it always reads ahead, at which a decoder takes it for one that was cut: no encoder
 * writes such a string (range-coder.md, section 4).
 */
export const CUT_AFTER = 16;
