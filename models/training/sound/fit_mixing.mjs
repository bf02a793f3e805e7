// What mixing starts a clip with (src/sound/sound.md, section 6): writes `mixing` into coding.json, and manifest.json with the hashes of all files.
//
//     node models/training/sound/fit_mixing.mjs MODEL_FOLDER LIST[:samples of a clip[:clips]] ...
//
// The program of src/sound codes training clips one after another; the weights of the mixers go on from clip to clip, and what is written is
// their mean over the second half, so that no single clip is remembered. LIST names WAV files, one a line.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { encodeSegment } from '../../../dist/src/ardm/segment.js';
import { codingSchema, COLUMNS, INPUTS, NODES } from '../../../dist/src/sound/coding.js';
import { SoundDomain } from '../../../dist/src/sound/sound-domain.js';
import { clipOf, listed, randoms } from './clips.mjs';

const [folder, ...lists] = process.argv.slice(2);
const codingPath = join(folder, 'coding.json');
const coding = codingSchema.parse(JSON.parse(readFileSync(codingPath, 'utf8')));
const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), { intraOpNumThreads: 1 });
const predict = async ([rows], n) =>
  (await session.run({ rows: new ort.Tensor('float32', rows.slice(0, n * COLUMNS), [n, COLUMNS]) })).outputs.data;
const CALLS = [16, 32, 64, 128, 128, 128, 256, 1024];
const random = randoms(2026);
const clips = lists.flatMap((list) => {
  const [path, most = '24000', count = '1000'] = list.split(':');
  return listed(path).slice(0, Number(count)).map((file) => ({ file, most: Number(most) }));
});
for (let i = clips.length - 1; i > 0; i--) {
  const j = random(i + 1);
  [clips[i], clips[j]] = [clips[j], clips[i]];
}

let { mixing } = coding;
const sum = new Float64Array(NODES * (INPUTS + 2));
let summed = 0;
for (const [n, { file, most }] of clips.entries()) {
  const clip = clipOf(file, most);
  if (!clip) continue;
  let domain;
  const calls = CALLS[random(CALLS.length)];
  const open = (bytes) => {
    domain = new SoundDomain({ ...coding, mixing }, bytes, clip, calls);
    return domain;
  };
  await encodeSegment({ predictors: [{ rowsAtOnce: 8, predict }], domain: open }, clip.bytes, { schedule: 'consecutive', calls }, { aborted: false });
  const learned = domain.learned();
  // A clip moves what segments start with by a tenth of what it has learned.
  const before = [...mixing.weights.flat(), ...mixing.final.flat()];
  const moved = Array.from(learned, (weight, i) => Math.round(before[i] + (weight - before[i]) / 10));
  mixing = laidOut(moved);
  if (n < clips.length / 2) continue;
  for (const [i, weight] of moved.entries()) sum[i] += weight;
  summed++;
}
mixing = laidOut(Array.from(sum, (weight) => Math.round(weight / summed)));

function laidOut(numbers) {
  const at = NODES * INPUTS;
  return {
    weights: Array.from({ length: NODES }, (_, i) => numbers.slice(i * INPUTS, (i + 1) * INPUTS)),
    final: Array.from({ length: NODES }, (_, i) => numbers.slice(at + 2 * i, at + 2 * i + 2)),
  };
}

const list = (rows) => `[\n${rows.map((row) => `      ${JSON.stringify(row)}`).join(',\n')}\n    ]`;
const parts = Object.entries(coding).map(([name, value]) =>
  name === 'mixing'
    ? `  "mixing": {\n    "weights": ${list(mixing.weights)},\n    "final": ${list(mixing.final)}\n  }`
    : `  "${name}": ${JSON.stringify(value)}`,
);
writeFileSync(codingPath, `{\n${parts.join(',\n')}\n}\n`);

const digest = (name) => createHash('sha256').update(readFileSync(join(folder, name))).digest();
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
manifest.graphs = JSON.parse(readFileSync(join(folder, 'graphs.json'), 'utf8')).graphs;
const names = [...manifest.graphs.map(({ file }) => file), 'coding.json'];
manifest.files = Object.fromEntries(names.map((name) => [name, digest(name).toString('hex')]));
manifest.identity = createHash('sha256').update(Buffer.concat(names.map(digest))).digest('hex');
writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
