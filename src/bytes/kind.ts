import type { Kind } from '../ardm/kind.js';
import type { GraphShape } from '../ardm/network.js';
import { BLOCK_LENGTH, callsTaken, canonicalCalls } from '../ardm/order.js';
import { totalCalls } from '../ardm/schedule.js';
import { segmentOf } from './byte-domain.js';
import { SYMBOLS } from './byte-program.js';
import { type Column, SEGMENT_BLOCK } from './coding.js';
import { codingSchema } from './coding-schema.js';
import { conditionsOf } from './conditions.js';

/** Context models of bytes: table rows in, 256 logits out, every byte once through the network. */
export const CONTEXT_MODELS: Kind = {
  name: 'context',
  units: 'byte',
  content: 'bytes',
  takesConditions: true,
  longestSegment: SEGMENT_BLOCK,
  open(json) {
    const coding = codingSchema.parse(json);
    return {
      graphs: [contextGraph(coding.columns)],
      domain: (bytes, dial) => segmentOf(coding, bytes, dial),
      blockLength: coding.blockLength,
      conditions: conditionsOf(coding),
    };
  },
  knows: ({ schedule }) => schedule === 'interleaved' || schedule === 'random',
  dial: (calls, length) => ({ schedule: 'interleaved', calls: canonicalCalls(calls, length) }),
  callsOfBlock: (length, { calls }) => callsTaken(Math.min(length, BLOCK_LENGTH) || BLOCK_LENGTH, calls),
  totalCalls,
  encoderCalls: (length) => Math.ceil(length / BLOCK_LENGTH),
};

/** The one graph of a context model. */
export function contextGraph(columns: readonly Column[]): GraphShape {
  const ranges = columns.map(({ bits, offset }) => ({ lowest: offset, highest: offset + 2 ** bits - 1 }));
  return {
    inputs: [{ name: 'indices', type: 'int32', shape: [columns.length], ranges }],
    output: { name: 'logits', shape: [SYMBOLS], lowest: -1024, highest: 1023 },
  };
}
