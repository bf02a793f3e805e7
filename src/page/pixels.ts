import type { Extent } from './api.js';
import { element } from './dom.js';

/** A picture's pixels, four bytes each, as far as this browser can tell: of PNM it knows nothing, so that is read here. Grey where it cannot be read. */
export async function pixelsOf(bytes: Uint8Array<ArrayBuffer>, extent: Extent): Promise<Uint8ClampedArray> {
  const { width, height } = extent;
  const plain = bytes.length === width * height * extent.channels ? bytes : pnmSamples(bytes, extent);
  if (plain) return inFours(plain, extent.channels);
  try {
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const context = draw(bitmap).getContext('2d');
    if (context && bitmap.width === width && bitmap.height === height) {
      return context.getImageData(0, 0, width, height).data;
    }
  } catch {
    // What it is can be shown all the same, without its colours.
  }
  return new Uint8ClampedArray(4 * width * height).fill(128);
}

/** A canvas with a picture. */
export function draw(bitmap: ImageBitmap): HTMLCanvasElement {
  const canvas = element('canvas', { width: String(bitmap.width), height: String(bitmap.height) });
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  return canvas;
}

/** The samples of a PGM or PPM file: they stand at its end, but for what may follow. */
function pnmSamples(bytes: Uint8Array, { width, height, channels }: Extent): Uint8Array | undefined {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1_000));
  const found = /^P[56](?:\s|#[^\n]*\n)+\d+(?:\s|#[^\n]*\n)+\d+(?:\s|#[^\n]*\n)+\d+\s/.exec(head);
  if (found === null) return undefined;
  const start = found[0].length;
  const end = start + width * height * channels;
  return end <= bytes.length ? bytes.subarray(start, end) : undefined;
}

function inFours(samples: Uint8Array, channels: number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray((4 * samples.length) / channels).fill(255);
  for (let i = 0; 4 * i < pixels.length; i++) {
    for (let c = 0; c < Math.max(3, channels); c++)
      pixels[4 * i + c] = samples[channels * i + (channels === 1 ? 0 : c)] ?? 0;
  }
  return pixels;
}
