/** log2 of the number of parts that a frequency table divides the coder's range into. */
export const TOTAL_BITS = 16;

/** Sum of the frequencies of every table: start and size of a coded interval are in units of 1 / TOTAL. */
export const TOTAL = 1 << TOTAL_BITS;
