const SIDE = 96;

/** A BMP file of 24 bits: an evening over hills, with grain in it as a camera's. Drawn by integers, so that it is the same in every browser. */
export function examplePicture(): Uint8Array<ArrayBuffer> {
  const head = 54;
  const bytes = new Uint8Array(head + 3 * SIDE * SIDE);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, head, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, SIDE, true);
  view.setInt32(22, -SIDE, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  view.setUint32(34, 3 * SIDE * SIDE, true);
  let state = 1;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const [red, green, blue] = colourAt(x, y);
      const grain = (state >>> 30) - 1;
      bytes.set(
        [blue + grain, green + grain, red + grain].map((value) => Math.min(255, Math.max(0, value))),
        head + 3 * (y * SIDE + x),
      );
    }
  }
  return bytes;
}

function colourAt(x: number, y: number): readonly [number, number, number] {
  const near = 70 + (wave(x, 61) >> 3);
  const far = 56 + (wave(x + 40, 43) >> 4);
  if (y >= near) return [24 + ((y - near) >> 2), 38 + ((x * 7 + y * 13) % 5), 34];
  if (y >= far) return [62 - ((y - far) >> 1), 60, 84 - (y - far)];
  const [dx, dy] = [x - 62, y - 40];
  if (dx * dx + dy * dy < 90) return [255, 226, 150];
  return [92 + y * 2, 70 + y, 130 - (y >> 1)];
}

/** 0..127 and back, over `length` columns. */
function wave(x: number, length: number): number {
  const at = ((x % length) * 256) / length;
  const up = at < 128 ? at : 255 - at;
  return Math.trunc((up * (256 - up)) / 128);
}
