import type { Kind } from '../ardm/kind.js';
import { clipOf, frameLength } from './clip.js';
import { codingSchema } from './coding.js';
import { framesOfCall, SoundDomain } from './sound-domain.js';

/** Bytes of the longest segment: 2^18 samples of three bytes. */
const LONGEST = 3 * 2 ** 18;

/** Models of sound: runs of frames one after the other, of each of which the network says how predictions are to be trusted (`sound.md`). */
export const SOUND_MODELS: Kind = {
  name: 'sound',
  units: 'sample',
  content: 'sound',
  takesConditions: false,
  longestSegment: LONGEST,
  knows: ({ schedule }) => schedule === 'consecutive',
  open(json) {
    const coding = codingSchema.parse(json);
    return { domain: (bytes, { calls }, shape) => new SoundDomain(coding, bytes, clipOf(shape), calls) };
  },
  dial: (calls) => ({ schedule: 'consecutive', calls }),
  callsOfBlock: callsOf,
  totalCalls: callsOf,
  encoderCalls: callsOf,
};

function callsOf(length: number, { calls }: { readonly calls: number }, shape?: readonly number[]): number {
  const frames = length / frameLength(clipOf(shape));
  return Math.ceil(frames / framesOfCall(frames, calls));
}
