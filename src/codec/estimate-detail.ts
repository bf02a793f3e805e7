import { bitsOf } from '../containers/sound.js';
import { cutTile, tilesOf } from '../containers/tiles.js';
import type { Extent, Sound } from '../containers/types.js';
import { mapLimited } from './map-limited.js';
import { shapeOf } from './picture.js';
import type { SampleSetting } from './sample-setting.js';
import { soundParts } from './sound.js';

/** Pixels of the largest picture, and frames of the longest sound, of which it is told what each takes. */
export const DETAILED_PIXELS = 2 ** 18;
export const DETAILED_FRAMES = 2 ** 18;

/** What each byte, each pixel of a picture, or each frame of sound takes at one setting of the dial, under the model alone. */
export interface Detail {
  readonly calls: number;
  /** Of every byte of the input; of a picture's pixels, row after row. */
  readonly bits: readonly number[];
  /** The network call, from 0, that makes each byte or pixel known when it is decompressed; of a large picture, of those of its tile. */
  readonly call: readonly number[];
  /** The picture that the input was found to be; left out of bytes. */
  readonly picture?: Extent;
  /** Likewise, of sound. */
  readonly sound?: Sound & { readonly bits: number };
}

/** What each byte of an input takes. */
export async function bytewise(
  { coder, model, dictionary, signal }: SampleSetting,
  input: Uint8Array,
  calls: number,
): Promise<Detail> {
  const trace = await coder.trace(model.id, input, model.kind.dial(calls, input.length), signal, dictionary);
  return { calls, bits: rounded(trace.bits), call: [...trace.calls] };
}

/** What each pixel of a picture takes, all its channels together: tile by tile, as it is coded. */
export async function pixelwise(
  { coder, model, signal }: SampleSetting,
  samples: Uint8Array,
  picture: Extent,
  calls: number,
): Promise<Detail> {
  const { width, height } = picture;
  const bits = new Float32Array(width * height);
  const call = new Uint32Array(width * height);
  await mapLimited(coder.size, signal, [...tilesOf(picture)], async (tile) => {
    const shape = shapeOf(tile, picture);
    const dial = model.kind.dial(calls, samples.length, shape);
    const cut = Uint8Array.from(cutTile(samples, picture, tile));
    const trace = await coder.trace(model.id, cut, dial, signal, undefined, shape);
    for (let y = 0; y < tile.height; y++) {
      const row = [y * tile.width, (y + 1) * tile.width] as const;
      const at = (tile.y + y) * width + tile.x;
      bits.set(trace.bits.subarray(...row), at);
      call.set(trace.calls.subarray(...row), at);
    }
  });
  return { calls, bits: rounded(bits), call: [...call], picture };
}

/** What each frame of sound takes, all its channels together: part by part, as it is coded. */
export async function framewise(
  { coder, model, signal }: SampleSetting,
  samples: Uint8Array,
  sound: Sound,
  calls: number,
): Promise<Detail> {
  const parts = soundParts(sound);
  const traces = await mapLimited(coder.size, signal, [...parts.list().entries()], async ([index, { shape }]) => {
    const dial = model.kind.dial(calls, samples.length, shape);
    const cut = Uint8Array.from(parts.cut(samples, index));
    return await coder.trace(model.id, cut, dial, signal, undefined, shape);
  });
  return {
    calls,
    bits: traces.flatMap(({ bits }) => rounded(bits)),
    call: traces.flatMap((trace) => [...trace.calls]),
    sound: { ...sound, bits: bitsOf(sound.format) },
  };
}

/** To a thousandth of a bit. */
function rounded(bits: Float32Array): number[] {
  return Array.from(bits, (taken) => Math.round(taken * 1000) / 1000);
}
