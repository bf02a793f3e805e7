// What the network learns from: for each call the row of its last channel, and what each component gave to the samples that the call coded.
//
//     node models/training/sound/dump.mjs coding.json OUT LIST [samples of a clip [clips]] [LIST ...]
//
// Writes OUT.rows (uint8, 80 a call), OUT.counts (uint32: samples of a call) and OUT.logs (int16, 36 a sample: log2 in 1/256 bit, less 28 * 256).
import { createWriteStream, readFileSync } from 'node:fs';
import { COLUMNS, codingSchema, OUTPUTS } from '../../../dist/src/sound/coding.js';
import { SoundProgram } from '../../../dist/src/sound/sound-program.js';
import { toSamples } from '../../../dist/src/sound/clip.js';
import { RangeEncoder } from '../../../dist/src/entropy/range-encoder.js';
import { clipOf, listed, randoms } from './clips.mjs';

const [codingFile, out, ...lists] = process.argv.slice(2);
const coding = codingSchema.parse(JSON.parse(readFileSync(codingFile, 'utf8')));
const random = randoms(20261126);
const [rows, counts, logs] = ['rows', 'counts', 'logs'].map((name) => createWriteStream(`${out}.${name}`));
const CALLS = [16, 32, 64, 128, 128, 256, 512];
const silent = new Float32Array(8 * OUTPUTS);
for (let i = 0; i < lists.length; i++) {
  const [list, most = '24000', clips = '1000'] = lists[i].split(':');
  for (const path of listed(list).slice(0, Number(clips))) {
    const clip = clipOf(path, Number(most));
    if (!clip) continue;
    const program = SoundProgram.take(coding, clip, clip.frames);
    toSamples(clip.bytes, clip, program.samples);
    const encoder = new RangeEncoder();
    const length = Math.ceil(clip.frames / CALLS[random(CALLS.length)]);
    for (let from = 0; from < clip.frames; from += length) {
      const frames = Math.min(length, clip.frames - from);
      program.look(frames);
      rows.write(Uint8Array.from(program.rowsOfCall.subarray((clip.channels - 1) * COLUMNS, clip.channels * COLUMNS)));
      counts.write(new Uint8Array(Uint32Array.of(frames).buffer));
      const of = new Int16Array(frames * OUTPUTS);
      for (let f = 0; f < frames; f++) {
        program.encode(from + f, 1, silent, encoder);
        of.set(program.likelihoods().map((log) => log - 28 * 256), f * OUTPUTS);
      }
      logs.write(new Uint8Array(of.buffer));
    }
    program.giveBack();
  }
}
