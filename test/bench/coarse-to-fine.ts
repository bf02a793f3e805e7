/**
 * node dist/test/bench/coarse-to-fine.js: draws docs/coarse-to-fine.png, a part of a photograph (CID22's test half, CC BY-SA 4.0) as a decoder knows
 * it after some of its steps, and prints the bits spent by then. Wants Debian's webp.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { PICTURE_MODELS } from '../../src/pictures/kind.js';
import { blockOf } from '../../src/pictures/lattice.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { loadModel } from '../../src/runtime/model.js';
import { type OpenNetwork, openNetwork } from '../../src/runtime/open-network.js';
import { cid22 } from './picture-data.js';

const OUTPUT = 'docs/coarse-to-fine.png';
const SIDE = 160;
const CHANNELS = 3;
const WHOLE = 512;
/** Between the panels. */
const GAP = 4;
/** Network calls after which a panel shows what is known. */
const PANELS = [6, 8, 10, 12, 14, 15, 16];

const photo = cid22(41)?.ppm[Number(process.argv[2] ?? 0)];
if (!photo) throw new Error('the archive cid22.tar is missing: set ARDM_BENCH_DATA to its folder');
const pixels = photo.bytes.subarray(photo.bytes.length - photo.samples);
const samples = new Uint8Array(SIDE * SIDE * CHANNELS);
const margin = (WHOLE - SIDE) / 2;
for (let y = 0; y < SIDE; y++) {
  const from = ((margin + y) * WHOLE + margin) * CHANNELS;
  samples.set(pixels.subarray(from, from + SIDE * CHANNELS), y * SIDE * CHANNELS);
}

const { id, coding, graphs } = await loadModel('models/pictures-1', KINDS);
const networks: OpenNetwork[] = [];
for (const graph of graphs) networks.push(await openNetwork(id, graph, { provider: 'cpu', intraOpNumThreads: 1 }));
const shape = [SIDE, SIDE, CHANNELS, WHOLE, WHOLE];
const domain = PICTURE_MODELS.open(coding).domain(samples, PICTURE_MODELS.dial(1, samples.length, shape), shape);
const { block, steps } = blockOf({ width: SIDE, height: SIDE });
const encoder = new RangeEncoder();
const known = new Uint8Array(SIDE * SIDE);
const panels: Uint8Array[] = [];
let call = -1;
for (const [part, { kind, spacing }] of steps.entries()) {
  const [from, to] = [block.starts[part] as number, block.starts[part + 1] as number];
  const rows = domain.look(block, from, to, 0);
  const network = networks[block.graphs?.[part] ?? 0] as OpenNetwork;
  domain.encode(block, from, to, await network.predict(domain.inputs(rows), rows), encoder);
  domain.reveal(block, from, to);
  for (const position of block.positions.subarray(from, to)) known[position] = 1;
  const next = steps[part + 1];
  if (next?.kind === kind && next.spacing === spacing) continue;
  call++;
  if (!PANELS.includes(call)) continue;
  const share = known.reduce((sum, one) => sum + one, 0) / known.length;
  console.log(`${call} calls, ${(100 * share).toFixed(1)} % of the pixels: ${Math.round(encoder.bits / 8)} bytes`);
  panels.push(shown());
}
domain.close();
const width = panels.length * (SIDE + GAP) - GAP;
const drawn = new Uint8Array(width * SIDE * CHANNELS).fill(255);
for (const [i, panel] of panels.entries()) {
  for (let y = 0; y < SIDE; y++) {
    const row = panel.subarray(y * SIDE * CHANNELS, (y + 1) * SIDE * CHANNELS);
    drawn.set(row, (y * width + i * (SIDE + GAP)) * CHANNELS);
  }
}
const ppm = Buffer.concat([Buffer.from(`P6\n${width} ${SIDE}\n255\n`), drawn]);
const webp = execFileSync('cwebp', ['-quiet', '-lossless', '-o', '-', '--', '-'], { input: ppm });
writeFileSync(OUTPUT, execFileSync('dwebp', ['-quiet', '-o', '-', '--', '-'], { input: webp }));
console.log(`${photo.name}: ${OUTPUT}`);

/** The picture with the nearest known pixel, of the same row if there is one as near, in place of each that is not known. */
function shown(): Uint8Array {
  const panel = new Uint8Array(samples.length);
  for (let at = 0; at < known.length; at++) {
    const from = nearest(at % SIDE, Math.floor(at / SIDE)) * CHANNELS;
    panel.set(samples.subarray(from, from + CHANNELS), at * CHANNELS);
  }
  return panel;
}

function nearest(x: number, y: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let radius = 0; radius * radius <= least && radius < SIDE; radius++) {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx += Math.abs(dy) === radius ? 1 : 2 * radius) {
        const [column, row, distance] = [x + dx, y + dy, dx * dx + dy * dy];
        if (column < 0 || row < 0 || column >= SIDE || row >= SIDE || distance >= least) continue;
        if (known[row * SIDE + column] === 1) [best, least] = [row * SIDE + column, distance];
      }
    }
  }
  return best;
}
