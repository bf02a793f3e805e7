// What mixing starts a picture with (src/pictures/mixing.md): writes `mixing` into coding.json, and manifest.json with the hashes of all files.
//
//     node models/training/pictures/fit_mixing.mjs MODEL_FOLDER DATA [pictures a pass] [passes]
//
// DATA is what data.py made, with train.index.json: the index as lists. The program of src/pictures codes small training pictures one after
// another; estimates and weights go on from picture to picture, at a rate that averages; of the maps, the scale of each row is fitted to what it
// has counted. Before it, set RATE of src/pictures/assembly/mixer.ts to 4 and build: the rate that coding uses forgets too soon to be averaged.
import { createHash } from 'node:crypto';
import { openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { encodeSegment } from '../../../dist/src/ardm/segment.js';
import { CONTEXTS, INPUTS, LEVELS, MAPS, SAMPLES, WEIGHT_SETS, FINAL_SETS } from '../../../dist/src/pictures/coding.js';
import { sizeClass } from '../../../dist/src/pictures/lattice.js';
import { PictureDomain } from '../../../dist/src/pictures/picture-domain.js';
import { startOf } from '../../../dist/src/pictures/start.js';

const [folder, data, pictures = '200', passes = '2'] = process.argv.slice(2);
const DIAL = { schedule: 'lattice', calls: 2 };
/** Observations that a fitted estimate counts for, at most: it goes on learning. */
const MOST_SEEN = 30;
const ROWS = MAPS * SAMPLES * LEVELS;
/** Group of data.py, side of the square that is cut out, pictures at a time, turns among a hundred. */
const PLAN = [[0, 96, 1, 20], [1, 96, 1, 6], [2, 96, 1, 6], [3, 96, 1, 6], [4, 32, 8, 24], [5, 112, 1, 14], [6, 96, 4, 16], [7, 96, 3, 8]];
const TURNS = PLAN.flatMap((plan) => Array(plan[3]).fill(plan));

const codingPath = join(folder, 'coding.json');
const { mixing: earlier, ...tables } = JSON.parse(readFileSync(codingPath, 'utf8'));
const index = JSON.parse(readFileSync(join(data, 'train.index.json'), 'utf8'));
const blob = openSync(join(data, 'train.bin'));
const groups = PLAN.map(([group]) => index.filter((entry) => entry[3] === group && Math.min(entry[1], entry[2]) >= 16));
let state = 12345;
const random = (n) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % n;
};

/** Where things lie in what a segment starts with, in bytes (src/pictures/start.ts). */
const WEIGHTS = [CONTEXTS * 1024, CONTEXTS * 1024 + WEIGHT_SETS[0] * INPUTS * 4];
const FINAL = WEIGHTS[1] + WEIGHT_SETS[1] * INPUTS * 4;
const MAP_ROWS = 64 * Math.ceil((FINAL + FINAL_SETS * 8) / 64);
const MAP_SUMS = MAP_ROWS + ROWS * 1024;

const predictors = await Promise.all(['centres.onnx', 'quincunx.onnx'].map(async (file) => {
  const session = await ort.InferenceSession.create(join(folder, file), { intraOpNumThreads: 1 });
  const [input, output] = [session.inputNames[0], session.outputNames[0]];
  const predict = async ([rows], n) => (await session.run({ [input]: new ort.Tensor('float32', rows, [n, 221]) }))[output].data;
  return { rowsAtOnce: 2048, predict };
}));

function unfitted() {
  const weights = Array.from({ length: INPUTS }, (_, i) => (i < CONTEXTS + MAPS ? 4000 : i === INPUTS - 2 ? 40000 : 0));
  const filled = (count, make) => Array.from({ length: count }, make);
  return {
    history: filled(CONTEXTS, () => Array(256).fill(2 ** 21)),
    historySeen: filled(CONTEXTS, () => Array(256).fill(0)),
    weights: WEIGHT_SETS.map((count) => filled(count, () => weights)),
    final: filled(FINAL_SETS, () => [32768, 32768]),
    maps: filled(MAPS, () => filled(SAMPLES, () => filled(LEVELS, (_, level) => 128 + 6 * level))),
  };
}

/** The middle of a picture, at most `side` pixels wide and high. */
function picture([at, height, width, , plane], side) {
  const all = Buffer.alloc(height * width * 3);
  readSync(blob, all, 0, all.length, at);
  const [h, w] = [Math.min(height, side), Math.min(width, side)];
  const [top, left] = [(height - h) >> 1, (width - w) >> 1];
  const channels = plane === 0 ? 3 : 1;
  const samples = new Uint8Array(h * w * channels);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const from = ((top + y) * width + left + x) * 3;
      for (let c = 0; c < channels; c++) samples[(y * w + x) * channels + c] = all[from + (channels === 1 ? 1 : c)];
    }
  }
  return { width: w, height: h, channels, samples };
}

/** Log-likelihood of each residual under each scale, as `rowOf` of src/pictures/start.ts makes rows. */
const likelihoods = tables.inverseScales.map((inverse) => {
  const below = (bound) => {
    const z = Math.floor(((16 * bound - 8) * inverse) / 256) + 49152;
    if (z <= 0) return tables.logistic[0];
    if (z >= 98304) return tables.logistic[384];
    const here = tables.logistic[z >> 8];
    return here + (((tables.logistic[(z >> 8) + 1] - here) * (z & 255)) >> 8);
  };
  return Float64Array.from({ length: 256 }, (_, e) => {
    const residual = e < 128 ? e : e - 256;
    return Math.log((1 + (below(residual + 1) - below(residual)) / 16) / 4352);
  });
});

function bestScale(counts, otherwise) {
  if (counts.reduce((sum, count) => sum + count, 0) < 2000) return otherwise;
  const of = likelihoods.map((logs) => counts.reduce((sum, count, e) => sum + count * logs[e], 0));
  return of.indexOf(Math.max(...of));
}

let mixing = earlier ?? unfitted();
for (let pass = 0; pass < Number(passes); pass++) {
  const coding = { ...tables, mixing };
  // Every segment copies it; it is moved on here, from picture to picture.
  const start = startOf(coding);
  const clean = start.slice();
  const cleanRows = new Uint16Array(clean.buffer, MAP_ROWS, ROWS * 512);
  const counts = new Float64Array(ROWS * 256);
  for (let n = 0; n < Number(pictures); n++) {
    const [group, side, many] = TURNS[(n * 37 + pass * 11) % TURNS.length];
    for (let k = 0; k < many; k++) {
      const found = groups[PLAN.findIndex(([g]) => g === group)];
      const cut = picture(found[random(found.length)], side);
      let domain;
      const open = (samples) => {
        domain = new PictureDomain(coding, samples, { ...cut, size: sizeClass(cut) });
        return domain;
      };
      await encodeSegment({ predictors, domain: open }, cut.samples, DIAL, { aborted: false });
      const learned = domain.learned();
      const rows = new Uint16Array(learned.buffer, MAP_ROWS, ROWS * 512);
      for (let i = 0; i < counts.length; i++) {
        const at = (i >> 8) * 512 + (i & 255);
        counts[i] += Math.max(0, rows[at] - cleanRows[at]);
      }
      start.set(learned.subarray(0, MAP_ROWS));
      const estimates = new Uint32Array(start.buffer, 0, CONTEXTS * 256);
      for (let i = 0; i < estimates.length; i++) {
        if ((estimates[i] & 255) > MOST_SEEN) estimates[i] = (estimates[i] & ~255) | MOST_SEEN;
      }
    }
  }
  const estimates = new Uint32Array(start.buffer, 0, CONTEXTS * 256);
  const numbers = new Int32Array(start.buffer, 0, MAP_ROWS / 4);
  const sets = (at, count, width) =>
    Array.from({ length: count }, (_, i) => Array.from(numbers.subarray(at / 4 + i * width, at / 4 + (i + 1) * width)));
  const byContext = (of) => Array.from({ length: CONTEXTS }, (_, c) => Array.from(estimates.subarray(256 * c, 256 * c + 256), of));
  mixing = {
    history: byContext((estimate) => Math.min(2 ** 22 - 1, estimate >>> 8)),
    historySeen: byContext((estimate) => estimate & 255),
    weights: [sets(WEIGHTS[0], WEIGHT_SETS[0], INPUTS), sets(WEIGHTS[1], WEIGHT_SETS[1], INPUTS)],
    final: sets(FINAL, FINAL_SETS, 2),
    maps: mixing.maps.map((map, m) =>
      map.map((sample, s) =>
        sample.map((scale, level) => {
          const row = (m * SAMPLES + s) * LEVELS + level;
          return bestScale(counts.subarray(256 * row, 256 * row + 256), scale);
        }),
      ),
    ),
  };
  console.log(`pass ${pass + 1} of ${passes}`);
}

const list = (rows) => `[\n${rows.map((row) => `      ${JSON.stringify(row)}`).join(',\n')}\n    ]`;
const parts = [
  ...Object.entries(tables).map(([name, values]) => `  "${name}": ${JSON.stringify(values)}`),
  `  "mixing": {\n    "history": ${list(mixing.history)},\n    "historySeen": ${list(mixing.historySeen)},\n    "weights": [${mixing.weights.map(list).join(', ')}],\n    "final": ${list(mixing.final)},\n    "maps": ${list(mixing.maps)}\n  }`,
];
writeFileSync(codingPath, `{\n${parts.join(',\n')}\n}\n`);

const digest = (name) => createHash('sha256').update(readFileSync(join(folder, name))).digest();
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
// What the export says of its graphs: those of other weights have other known answers.
manifest.graphs = JSON.parse(readFileSync(join(folder, 'graphs.json'), 'utf8')).graphs.map((graph) => ({
  ...graph,
  inputs: graph.inputs.map(({ name, width, lowest, highest }) => ({ name, type: 'float32', shape: [width], lowest, highest })),
  output: { name: graph.output.name, shape: [graph.output.width], lowest: graph.output.lowest, highest: graph.output.highest },
}));
const names = [...manifest.graphs.map(({ file }) => file), 'coding.json'];
manifest.files = Object.fromEntries(names.map((name) => [name, digest(name).toString('hex')]));
manifest.identity = createHash('sha256').update(Buffer.concat(names.map(digest))).digest('hex');
writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
