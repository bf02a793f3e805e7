/**
 * npm run bench:pictures [-- --quick] [-- --sets cid22,kodak,cifar,drawings,again,speed]: bytes of whole archives of pictures (`balanced`, `auto`), decoded
 * and compared, beside PNG, WebP and JPEG XL; the share of PNG files that are made again; network calls, and speed on two workers. What takes long can be
 * measured set by set: sizes are kept in .work, and the figure is drawn when all sets are there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mapLimited } from '../../src/codec/map-limited.js';
import { readConfig } from '../../src/config.js';
import { openEngine } from '../../src/engine.js';
import { median } from './client.js';
import { toSvg } from './figures.js';
import { RememberedSizes } from './peers.js';
import { cid22, cifar, drawings, kodak, type Picture, pngSources, taken } from './picture-data.js';
import { type PictureResult, pictureFigure } from './picture-figure.js';
import { PEER_NAMES, picturePeers } from './picture-peers.js';
import { table } from './tables.js';

const SETS = ['cid22', 'kodak', 'cifar', 'drawings', 'again', 'speed'];
const { values } = parseArgs({ options: { quick: { type: 'boolean' }, sets: { type: 'string' } } });
const quick = values.quick ?? false;
const sets = values.sets?.split(',') ?? SETS;
const unknown = sets.find((set) => !SETS.includes(set));
if (unknown !== undefined) throw new TypeError(`no such set: ${unknown}; there are ${SETS.join(', ')}`);
const KEPT = '.work/bench-pictures.json';
const FIGURE = 'test/bench/figures/pictures.svg';
const ROUNDS = quick ? 1 : 5;

const peers = picturePeers();
for (const name of PEER_NAMES) {
  if (!peers.some((peer) => peer.name === name)) console.log(`${name} is not installed: left out`);
}
const remembered = new RememberedSizes('.work/bench-picture-peers.json');
const { codec, pool } = await openEngine(readConfig({ ARDM_WORKERS: '2', ...process.env }), () => {});
const { signal } = new AbortController();
const results: PictureResult[] = [];

/** Bytes and calls of a picture's archive, which has given it back. */
async function coded({ bytes, pixels, name }: Picture): Promise<{ length: number; calls: number | null }> {
  const { archive, calls } = await codec.compress(bytes, { model: 'auto', calls: 'balanced', pixels, signal });
  const back = await codec.decompress(archive, { signal });
  if (Buffer.compare(back, bytes) !== 0) throw new Error(`${name}: an archive did not give its picture back`);
  return { length: archive.length, calls };
}

async function measure(set: string, pictures: readonly Picture[] | undefined): Promise<void> {
  if (!pictures || pictures.length === 0) {
    console.log(`${set}: its data are missing, left out`);
    return;
  }
  const archives = await mapLimited(3, signal, pictures, coded);
  const sizes: Record<string, number> = {};
  for (const peer of peers) {
    const each = await mapLimited(2, signal, pictures, ({ forPeers }) => remembered.size(peer, forPeers));
    sizes[peer.name] = each.reduce((sum, size) => sum + size, 0);
    remembered.save();
  }
  const png = pictures.map((picture) => picture.png);
  results.push({
    set,
    pictures: pictures.length,
    samples: pictures.reduce((sum, { samples }) => sum + samples, 0),
    archives: archives.reduce((sum, { length }) => sum + length, 0),
    calls: Math.max(...archives.map(({ calls }) => calls ?? 0)),
    png: png.every((size) => size !== undefined) ? png.reduce((sum, size) => sum + size, 0) : undefined,
    peers: sizes,
  });
  console.log(`${set}: ${results.at(-1)?.archives} bytes`);
  if (!quick) keep();
}

/** Adds what was measured to what was measured before, by set. */
function keep(): void {
  const before: PictureResult[] = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : [];
  const kept = new Map([...before, ...results].map((result) => [result.set, result]));
  mkdirSync('.work', { recursive: true });
  writeFileSync(KEPT, JSON.stringify([...kept.values()], null, 1));
}

if (sets.includes('cid22')) {
  const pictures = cid22(quick ? 3 : 41);
  await measure('CID22 test, PNG', pictures?.png);
  await measure('CID22 test, PPM', pictures?.ppm);
}
if (sets.includes('kodak')) {
  const pictures = kodak(quick ? 3 : 24);
  await measure('Kodak, PNG', pictures?.png);
  await measure('Kodak, PPM', pictures?.ppm);
}
if (sets.includes('cifar')) await measure('CIFAR-10 test, samples', cifar(quick ? 20 : 1_017));
if (sets.includes('drawings')) {
  const { icons, screens } = await drawings(quick ? 4 : 30);
  await measure('icons, PNG', icons);
  await measure('screens, PNG', screens);
}

const FIGURE_SETS = ['CID22 test, PNG', 'Kodak, PPM', 'CIFAR-10 test, samples', 'icons, PNG', 'screens, PNG'];
const TARGETS: readonly { set: string; peer: string; target: number }[] = [
  { set: 'CID22 test, PPM', peer: 'cjxl -e 9', target: 0.91 },
  { set: 'CID22 test, PNG', peer: 'cjxl -e 9', target: 0.91 },
  { set: 'Kodak, PPM', peer: 'cjxl -e 9', target: 0.92 },
  { set: 'icons, PNG', peer: 'cwebp -z 9', target: 1 },
  { set: 'screens, PNG', peer: 'cwebp -z 9', target: 1 },
];

if (results.length > 0) {
  const ratio = (size: number, other: number | undefined): string => (other ? (size / other).toFixed(3) : '');
  const head = [
    'set',
    'pictures',
    'samples',
    'archives',
    'bits a sample',
    'calls',
    ': PNG',
    ...PEER_NAMES.map((name) => `: ${name}`),
  ];
  const rows = results.map(({ set, pictures, samples, archives, calls, png, peers: sizes }) => [
    set,
    ...[pictures, samples, archives].map(String),
    ((8 * archives) / samples).toFixed(3),
    String(calls),
    ratio(archives, png),
    ...PEER_NAMES.map((name) => ratio(archives, sizes[name])),
  ]);
  console.log(
    `\nwhole archives, auto, balanced; ${peers.map(({ name, version }) => `${name}: ${version}`).join(', ')}`,
  );
  console.log(table([head, ...rows]));
  for (const { set, peer, target } of TARGETS) {
    const result = results.find((one) => one.set === set);
    const size = result?.peers[peer];
    if (result && size) said(`${set}, x ${peer}`, result.archives / size, target);
  }
  const small = results.find(({ set }) => set.startsWith('CIFAR'));
  if (small) said('CIFAR-10, bits a sample', (8 * small.archives) / small.samples, 3.5);
}
if (sets.includes('again')) await again();
if (sets.includes('speed')) await speed();
await pool.close();
if (!quick && existsSync(KEPT)) {
  const kept: readonly PictureResult[] = JSON.parse(readFileSync(KEPT, 'utf8'));
  const all = FIGURE_SETS.map((set) => kept.find((result) => result.set === set));
  if (all.every((result) => result !== undefined)) {
    writeFileSync(FIGURE, await toSvg(pictureFigure(all)));
    console.log(FIGURE);
  }
}

function said(what: string, value: number, most: number): void {
  console.log(`${what}: ${value.toFixed(3)}, target at most ${most}: ${value <= most ? 'met' : 'missed'}`);
}

/** How many PNG files are made again of their parts, of each source and of all. */
async function again(): Promise<void> {
  let [of, all] = [0, 0];
  for (const { source, files } of await pngSources(quick ? 6 : 40)) {
    let made = 0;
    for (const file of files) if (await taken(file)) made++;
    console.log(`PNG made again bit for bit: ${made} of ${files.length} of ${source}`);
    of += made;
    all += files.length;
  }
  console.log(`PNG made again bit for bit: ${of} of ${all}, ${((100 * of) / all).toFixed(1)} %; target at least 65 %`);
}

/** Calls of a photo of 512x512, and samples a second of one of Kodak's on two workers, both ways. */
async function speed(): Promise<void> {
  const [square] = cid22(1)?.ppm ?? [];
  for (const calls of ['fast', 'balanced', 'small'] as const) {
    if (!square) break;
    const made = await codec.compress(square.bytes, { model: 'auto', calls, signal });
    console.log(`512x512, ${calls}: ${made.calls} calls, ${made.archive.length} bytes`);
  }
  const [picture] = kodak(1)?.ppm ?? [];
  if (!picture) return;
  const took: { there: number[]; back: number[] } = { there: [], back: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    let began = performance.now();
    const { archive } = await codec.compress(picture.bytes, { model: 'auto', calls: 'balanced', signal });
    const there = performance.now() - began;
    began = performance.now();
    await codec.decompress(archive, { signal });
    // The first one warms up.
    if (round === 0) continue;
    took.there.push(there);
    took.back.push(performance.now() - began);
  }
  const rate = (times: number[]): string => (picture.samples / median(times) / 1_000).toFixed(2);
  console.log(
    `a picture of Kodak, ${pool.size} workers, median of ${ROUNDS}: ${rate(took.there)} M samples/s compress, ${rate(took.back)} decompress; target at least 0.4`,
  );
}
