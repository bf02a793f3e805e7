import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open } from '../../src/containers/container.js';
import type { Extent, Opened } from '../../src/containers/types.js';
import { filesBelow } from './data.js';
import { evenly, type NamedFile } from './pieces.js';

/** A picture to be coded, and the file of it that peers read. */
export interface Picture {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Said with `bytes` where they are samples alone. */
  readonly pixels?: Extent;
  readonly samples: number;
  readonly forPeers: Uint8Array;
  /** Bytes of the PNG that the picture came as, or that dwebp makes of it. */
  readonly png?: number;
}

const TARGET = resolve('.work/bench');
const SOURCE = resolve(process.env.ARDM_BENCH_DATA ?? '../shared/data');
const CIFAR_SIDE = { width: 32, height: 32, channels: 3 } as const;
const CIFAR_PICTURES = 1_017;
/** Icons have at most so many pixels. */
const ICON = 2 ** 16;
/** So that a screen is a few seconds of work. */
const SCREEN = 2 ** 21;

/** Debian packages that no model was trained on, as Debian 12 has them: drawings alone, and screens among other things. */
const ICONS = ['tango-icon-theme', 'oxygen-icon-theme', 'lxde-icon-theme'] as const;
const SCREENS = ['gnumeric-doc', 'hugin-data', 'tuxmath-data', 'pingus-data'] as const;
export const PACKAGES = [...ICONS, ...SCREENS];

/** A folder of the benchmark archives, unpacked once. undefined: the archive is not there. */
function unpacked(archive: string, folder: string): string | undefined {
  const target = join(TARGET, folder);
  if (existsSync(target)) return target;
  const path = join(SOURCE, archive);
  if (!existsSync(path)) return undefined;
  mkdirSync(target, { recursive: true });
  execFileSync('tar', [...(path.endsWith('.zst') ? ['--zstd'] : []), '-xf', path, '-C', target]);
  return target;
}

/** The files of a Debian package, downloaded and unpacked once. undefined: there is no apt-get, or no such package. */
function packageFiles(name: string): NamedFile[] | undefined {
  const folder = join(TARGET, 'debian');
  const target = join(folder, name);
  if (!existsSync(target)) {
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('apt-get', ['download', name], { cwd: folder, stdio: 'ignore' });
      const file = readdirSync(folder).find((found) => found.startsWith(`${name}_`));
      execFileSync('dpkg-deb', ['-x', file ?? '', name], { cwd: folder });
    } catch {
      return undefined;
    }
  }
  // Links apart: they may lead into other packages.
  return readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.png'))
    .map((entry) => join(entry.path, entry.name))
    .sort()
    .map((path) => ({ name: path, bytes: readFileSync(path) }));
}

/** A file taken apart as the codec would. */
export async function taken(bytes: Uint8Array): Promise<Opened | undefined> {
  return await open(bytes, { maxSamples: 2 ** 28, pause: async () => {} });
}

/** CID22's test half: as PPM, and as the PNG that Debian's dwebp makes. */
export function cid22(most: number): { readonly ppm: Picture[]; readonly png: Picture[] } | undefined {
  const folder = unpacked('cid22.tar', 'cid22');
  if (!folder) return undefined;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)test\/.*\.webp$/.test(name))
    .sort();
  const made = evenly(files, Math.min(most, files.length)).map((name) => {
    const decode = (...format: string[]): Uint8Array =>
      execFileSync('dwebp', ['-quiet', ...format, join(folder, name), '-o', '-'], { maxBuffer: 2 ** 26 });
    return { name, ppm: decode('-ppm'), png: decode() };
  });
  return {
    ppm: made.map(({ name, ppm, png }) => ({ name, bytes: ppm, forPeers: ppm, samples: sides(ppm), png: png.length })),
    png: made.map(({ name, ppm, png }) => ({ name, bytes: png, forPeers: ppm, samples: sides(ppm), png: png.length })),
  };
}

/** Kodak's pictures: the PNG as given, and as PPM, since not every PNG of them can be made again. */
export function kodak(most: number): { readonly ppm: Picture[]; readonly png: Picture[] } | undefined {
  const folder = unpacked('kodak.tar', 'kodak');
  if (!folder) return undefined;
  const files = filesBelow(folder).filter(({ name }) => name.endsWith('.png'));
  const made = evenly(files, Math.min(most, files.length)).map(({ name, bytes: png }) => ({
    name,
    png,
    ppm: ppmOf(png),
  }));
  return {
    ppm: made.map(({ name, ppm, png }) => ({ name, bytes: ppm, forPeers: ppm, samples: sides(ppm), png: png.length })),
    png: made.map(({ name, ppm, png }) => ({ name, bytes: png, forPeers: ppm, samples: sides(ppm), png: png.length })),
  };
}

/** By cwebp and dwebp, which lose nothing: a PNG that is not made again is not taken apart either. */
function ppmOf(png: Uint8Array): Uint8Array {
  const webp = execFileSync('cwebp', ['-quiet', '-lossless', '-exact', '-z', '0', '-o', '-', '--', '-'], {
    input: png,
    maxBuffer: 2 ** 26,
  });
  return execFileSync('dwebp', ['-quiet', '-ppm', '-o', '-', '--', '-'], { input: webp, maxBuffer: 2 ** 26 });
}

/** Samples of a PPM of 8 bits. */
function sides(ppm: Uint8Array): number {
  const [, width, height] = /^P6\s+(\d+)\s+(\d+)\s/.exec(Buffer.from(ppm.subarray(0, 40)).toString('latin1')) ?? [];
  return 3 * Number(width) * Number(height);
}

/** The first pictures of CIFAR-10's test batch, their samples alone. */
export function cifar(most: number): Picture[] | undefined {
  const folder = unpacked('cifar10.tar.zst', 'cifar10');
  const batch = folder && filesBelow(folder).find(({ name }) => /test_batch\.(first\d+\.)?bin$/.test(name))?.bytes;
  if (!batch) return undefined;
  const plane = CIFAR_SIDE.width * CIFAR_SIDE.height;
  return Array.from({ length: Math.min(most, CIFAR_PICTURES) }, (_, i) => {
    const record = batch.subarray(i * (1 + 3 * plane) + 1, (i + 1) * (1 + 3 * plane));
    const bytes = Uint8Array.from(
      { length: 3 * plane },
      (_, at) => record[(at % 3) * plane + Math.floor(at / 3)] as number,
    );
    const forPeers = Buffer.concat([Buffer.from('P6\n32 32\n255\n'), bytes]);
    return { name: String(i), bytes, pixels: CIFAR_SIDE, forPeers, samples: bytes.length };
  });
}

export type Drawings = Readonly<Record<'icons' | 'screens', Picture[]>>;

/** Icons and screens of Debian packages whose PNG is made again and has samples of 8 bits: grey, RGB or RGBA. */
export async function drawings(most: number): Promise<Drawings> {
  const few = async (names: readonly string[], fits: (area: number) => boolean): Promise<Picture[]> => {
    const found = await Promise.all(names.map((name) => pictures(name, most, fits)));
    return found.flat();
  };
  return {
    icons: await few(ICONS, (area) => area <= ICON),
    screens: await few(SCREENS, (area) => area > ICON && area <= SCREEN),
  };
}

async function pictures(name: string, most: number, fits: (area: number) => boolean): Promise<Picture[]> {
  const files = distinct(packageFiles(name) ?? []).filter(({ bytes }) => {
    const { width, height, isPicture } = headOf(bytes);
    return isPicture && fits(width * height);
  });
  const found: Picture[] = [];
  for (const { name: path, bytes } of evenly(files, Math.min(2 * most, files.length))) {
    if (found.length === most) break;
    const opened = await taken(bytes);
    if (!opened?.content.picture) continue;
    const { length: samples } = opened.samples;
    found.push({ name: path, bytes, forPeers: bytes, samples, png: bytes.length });
  }
  return found;
}

/** What IHDR says: RFC 2083, section 4.1.1. */
function headOf(png: Uint8Array): { readonly width: number; readonly height: number; readonly isPicture: boolean } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (png.length < 33) return { width: 0, height: 0, isPicture: false };
  const isPicture = view.getUint8(24) === 8 && [0, 2, 6].includes(view.getUint8(25)) && view.getUint8(28) === 0;
  return { width: view.getUint32(16), height: view.getUint32(20), isPicture };
}

function distinct(files: readonly NamedFile[]): NamedFile[] {
  return [...new Map(files.map((file) => [Buffer.from(file.bytes).toString('base64'), file])).values()];
}

/** PNG files of several sources, palettes and all, as many of each; those that are not here are left out. */
export async function pngSources(
  most: number,
): Promise<readonly { readonly source: string; readonly files: readonly Uint8Array[] }[]> {
  const kodakFolder = unpacked('kodak.tar', 'kodak');
  const sources = [
    { source: 'kodak', files: kodakFolder ? filesBelow(kodakFolder).filter(({ name }) => name.endsWith('.png')) : [] },
    ...PACKAGES.map((source) => ({ source, files: distinct(packageFiles(source) ?? []) })),
  ];
  return sources
    .filter(({ files }) => files.length > 0)
    .map(({ source, files }) => ({
      source,
      files: evenly(files, Math.min(most, files.length)).map(({ bytes }) => bytes),
    }));
}
