/**
 * npm run bench:sound [-- --quick] [-- --sets speech,digits,music,dial,speed]: bytes of whole archives of WAV files (`balanced`; the model of sound
 * alone, and `auto`), decoded and compared, beside FLAC and WavPack; the dial; speed on two workers. `--quick` takes a few files of each set.
 */
import { parseArgs } from 'node:util';
import { mapLimited } from '../../src/codec/map-limited.js';
import { readConfig } from '../../src/config.js';
import { open } from '../../src/containers/container.js';
import { openEngine } from '../../src/engine.js';
import { median } from './client.js';
import { RememberedSizes } from './peers.js';
import type { NamedFile } from './pieces.js';
import { SOUND_SETS, type SoundSet, soundFiles } from './sound-data.js';
import { PEER_NAMES, soundPeers } from './sound-peers.js';
import { table } from './tables.js';

const SETS = [...SOUND_SETS, 'dial', 'speed'];
const { values } = parseArgs({ options: { quick: { type: 'boolean' }, sets: { type: 'string' } } });
const quick = values.quick ?? false;
const sets = values.sets?.split(',') ?? SETS;
const unknown = sets.find((set) => !SETS.includes(set));
if (unknown !== undefined) throw new TypeError(`no such set: ${unknown}; there are ${SETS.join(', ')}`);

const MODEL = 'sound-1';
const COUNTS: Record<SoundSet, number> = quick
  ? { speech: 6, digits: 10, music: 1 }
  : { speech: 300, digits: 500, music: 5 };
const NAMES: Record<SoundSet, string> = {
  speech: 'Speech Commands, 16 kHz',
  digits: 'digits of yweweler, 8 kHz',
  music: 'music, 44.1 kHz stereo',
};
/** Bytes of archives over those of flac, at most. */
const TARGETS: Record<SoundSet, number> = { speech: 0.89, digits: 0.89, music: 0.96 };
const DIAL = [1, 16, 64, 256] as const;
const DIAL_FILES = quick ? 2 : 30;
const ROUNDS = quick ? 1 : 5;

const peers = soundPeers();
for (const name of PEER_NAMES) {
  if (!peers.some((peer) => peer.name === name)) console.log(`${name} is not installed: left out`);
}
const remembered = new RememberedSizes('.work/bench-sound-peers.json');
const { codec, pool } = await openEngine(readConfig({ ARDM_WORKERS: '2', ...process.env }), () => {});
const { signal } = new AbortController();

const rows: string[][] = [];
const said: string[] = [];
for (const set of SOUND_SETS) {
  if (sets.includes(set)) await measure(set);
}
if (rows.length > 0) {
  const head = ['set', 'files', 'samples', 'archives', 'bits a sample', 'calls', 'auto'];
  console.log(
    `\nwhole archives, ${MODEL}, balanced; ${peers.map(({ name, version }) => `${name}: ${version}`).join(', ')}`,
  );
  console.log(table([[...head, ...PEER_NAMES, ...PEER_NAMES.map((name) => `: ${name}`)], ...rows]));
  for (const line of said) console.log(line);
}
if (sets.includes('dial')) await dial();
if (sets.includes('speed')) await speed();
await pool.close();

interface Coded {
  readonly length: number;
  readonly calls: number | null;
}

/** Bytes and calls of a file's archive, which has given it back. */
async function coded({ bytes, name }: NamedFile, model: string, calls: 'balanced' | number): Promise<Coded> {
  const made = await codec.compress(bytes, { model, calls, signal });
  const back = await codec.decompress(made.archive, { signal });
  if (Buffer.compare(back, bytes) !== 0) throw new Error(`${name}: an archive did not give its file back`);
  return { length: made.archive.length, calls: made.calls };
}

async function samplesIn({ bytes, name }: NamedFile): Promise<number> {
  const opened = await open(bytes, { maxSamples: 2 ** 30, pause: async () => undefined });
  const sound = opened?.content.sound;
  if (!sound) throw new Error(`${name} is not sound`);
  return sound.frames * sound.channels;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

async function measure(set: SoundSet): Promise<void> {
  const files = soundFiles(set, COUNTS[set]);
  if (!files || files.length === 0) {
    console.log(`${set}: its data are missing, left out`);
    return;
  }
  const samples = sum(await mapLimited(2, signal, files, samplesIn));
  const alone = await mapLimited(3, signal, files, (file) => coded(file, MODEL, 'balanced'));
  const auto = await mapLimited(3, signal, files, (file) => coded(file, 'auto', 'balanced'));
  const archives = sum(alone.map(({ length }) => length));
  const sizes: Record<string, number> = {};
  for (const peer of peers) {
    sizes[peer.name] = sum(await mapLimited(2, signal, files, ({ bytes }) => remembered.size(peer, bytes)));
    remembered.save();
  }
  rows.push([
    NAMES[set],
    ...[files.length, samples, archives].map(String),
    ((8 * archives) / samples).toFixed(3),
    String(Math.max(...alone.map(({ calls }) => calls ?? 0))),
    String(sum(auto.map(({ length }) => length))),
    ...PEER_NAMES.map((name) => String(sizes[name] ?? '')),
    ...PEER_NAMES.map((name) => (sizes[name] ? (archives / sizes[name]).toFixed(3) : '')),
  ]);
  const [flac] = PEER_NAMES;
  if (sizes[flac]) {
    const ratio = archives / sizes[flac];
    said.push(
      `${NAMES[set]}: ${ratio.toFixed(3)} x ${flac}, target at most ${TARGETS[set]}: ${ratio <= TARGETS[set] ? 'met' : 'missed'}`,
    );
  }
  console.log(`${NAMES[set]}: ${archives} bytes`);
}

/** Bits a sample at some numbers of calls. */
async function dial(): Promise<void> {
  for (const set of ['speech', 'digits'] as const) {
    const files = soundFiles(set, DIAL_FILES);
    if (!files || files.length === 0) continue;
    const samples = sum(await mapLimited(2, signal, files, samplesIn));
    for (const calls of DIAL) {
      const made = await mapLimited(3, signal, files, (file) => coded(file, MODEL, calls));
      const bits = (8 * sum(made.map(({ length }) => length))) / samples;
      console.log(`${NAMES[set]}, ${files.length} files, ${calls} calls: ${bits.toFixed(4)} bits a sample`);
    }
  }
}

/** Samples a second on two workers, both ways: clips of a second, two at a time, and one long file. */
async function speed(): Promise<void> {
  const clips = soundFiles('speech', quick ? 4 : 20);
  if (clips && clips.length > 0) await rates(`${clips.length} clips of a second, 2 at a time`, clips);
  const music = soundFiles('music', 1);
  if (music && music.length > 0) await rates('a file of music, stereo', music);
}

async function rates(what: string, files: readonly NamedFile[]): Promise<void> {
  const samples = sum(await mapLimited(2, signal, files, samplesIn));
  const took: { there: number[]; back: number[] } = { there: [], back: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    let began = performance.now();
    const made = await mapLimited(2, signal, files, ({ bytes }) =>
      codec.compress(bytes, { model: MODEL, calls: 'balanced', signal }),
    );
    const there = performance.now() - began;
    began = performance.now();
    await mapLimited(2, signal, made, ({ archive }) => codec.decompress(archive, { signal }));
    // The first one warms up.
    if (round === 0) continue;
    took.there.push(there);
    took.back.push(performance.now() - began);
  }
  const rate = (times: number[]): string => (samples / median(times)).toFixed(0);
  console.log(
    `${what}, ${pool.size} workers, median of ${ROUNDS}: ${rate(took.there)} K samples/s compress, ${rate(took.back)} decompress; target at least 150`,
  );
}
