import { z } from 'zod';
import type { Kind } from '../../src/ardm/kind.js';
import { KINDS } from '../../src/runtime/kinds.js';
import type { Kinds } from '../../src/runtime/model.js';
import { BitsDomain, WIDTH } from './bits-domain.js';

const codingSchema = z.strictObject({ width: z.literal(WIDTH) });

/** Models of black and white pictures. The dial means nothing to them: whoever decodes one makes 64 calls. */
export const BITS: Kind = {
  name: 'bits',
  units: 'pixel',
  content: 'bytes',
  takesConditions: false,
  knows: () => true,
  longestSegment: 2 ** 14,
  open(json) {
    codingSchema.parse(json);
    return { domain: (bytes) => new BitsDomain(bytes) };
  },
  dial: () => ({ schedule: 'interleaved', calls: 64 }),
  callsOfBlock: () => 2 * WIDTH,
  totalCalls: (length) => Math.min(2 * WIDTH, 8 * length),
  encoderCalls: () => 2,
};

export const KINDS_WITH_BITS: Kinds = { ...KINDS, bits: BITS };
