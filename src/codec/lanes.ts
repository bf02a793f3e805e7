import type { Dial } from '../archive/types.js';
import { BLOCK_LENGTH } from '../ardm/order.js';

/** What is made of an input with the network. */
export interface Network {
  /** Bytes of all payloads at a setting of the dial. */
  bytes(dial: Dial): number;
  /** How many bytes more or less they may be. */
  error(dial: Dial): number;
  /** Whether there are pieces that the network does not shrink. */
  readonly mixed: boolean;
  /** That a worker takes to encode a byte. */
  readonly secondsPerByte: number;
}

/** Lanes of an interleaved block of at least 1,024 positions. */
export function lanesOf({ calls }: Dial): number {
  return Math.ceil(BLOCK_LENGTH / calls);
}
