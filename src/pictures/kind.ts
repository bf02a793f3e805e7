import type { Kind, Shape } from '../ardm/kind.js';
import type { Dial } from '../ardm/schedule.js';
import { codingSchema } from './coding.js';
import { callsOf, sizeClass } from './lattice.js';
import { PictureDomain } from './picture-domain.js';
import type { Geometry } from './picture-program.js';

/** The one dial: two network calls a level, and every pixel once through the network. FORMAT.md, section 3. */
const DIAL: Dial = { schedule: 'lattice', calls: 2 };

/** Samples of the largest segment. */
const LONGEST = 4 * 2 ** 18;

/** Models of pictures: coarse to fine on a lattice, every pixel once through the network (`models/training/pictures/pictures.md`). */
export const PICTURE_MODELS: Kind = {
  name: 'pictures',
  units: 'sample',
  content: 'pictures',
  takesConditions: false,
  longestSegment: LONGEST,
  knows: ({ schedule, calls }) => schedule === DIAL.schedule && calls === DIAL.calls,
  open(json) {
    const coding = codingSchema.parse(json);
    return { domain: (samples, _dial, shape) => new PictureDomain(coding, samples, geometryOf(shape)) };
  },
  dial: () => DIAL,
  callsOfBlock: (_length, _dial, shape) => callsOf(geometryOf(shape)),
  totalCalls: (_length, _dial, shape) => callsOf(geometryOf(shape)),
  encoderCalls: (_length, _dial, shape) => callsOf(geometryOf(shape)),
};

/** A segment's shape: width, height, channels; then width and height of the whole picture that it is a part of. */
function geometryOf(shape: Shape = []): Geometry {
  const [width = 0, height = 0, channels = 0, wholeWidth = width, wholeHeight = height] = shape;
  if (width < 1 || height < 1 || (channels !== 1 && channels !== 3 && channels !== 4)) {
    throw new RangeError(`a picture of shape ${shape.join(' x ')}`);
  }
  return { width, height, channels, size: sizeClass({ width: wholeWidth, height: wholeHeight }) };
}
