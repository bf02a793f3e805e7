import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { PeerName } from './results.js';

/** A compressor of others, at its strongest. Its sizes are of whole files as it writes them, with all their overhead. */
export interface Peer {
  readonly name: PeerName;
  readonly version: string;
  /** Bytes of what it makes of the input. */
  size(bytes: Uint8Array): Promise<number>;
}

const run = promisify(execFile);

const gzip: Peer = {
  name: 'gzip',
  version: `zlib ${process.versions.zlib}, level 9`,
  size: async (bytes) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }).length,
};

/** Bytes of `brotli -q 11` with the largest window. */
export function brotliSize(bytes: Uint8Array): number {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}

const brotli: Peer = {
  name: 'brotli',
  version: `${process.versions.brotli}, quality 11`,
  size: async (bytes) => brotliSize(bytes),
};

/** A program that compresses its standard input. */
function filter(name: PeerName, command: string, args: readonly string[], version: RegExp): Peer | undefined {
  const found = versionOf(command, ['--version'], version);
  if (found === undefined) return undefined;
  return {
    name,
    version: `${found}, ${args.join(' ')}`,
    size: async (bytes) => {
      const running = run(command, args, { encoding: 'buffer', maxBuffer: 2 ** 28 });
      running.child.stdin?.end(bytes);
      return (await running).stdout.length;
    },
  };
}

/** `zpaq add`: an archive of one file named `in`, dated and checked, which takes about 1,000 bytes. */
function zpaq(): Peer | undefined {
  // Called without arguments it tells its version, and fails.
  const found = versionOf('zpaq', [], /zpaq v([\d.]+)/);
  if (found === undefined) return undefined;
  return {
    name: 'zpaq',
    version: `${found}, -m5 -t1`,
    size: async (bytes) => {
      const folder = mkdtempSync(join(tmpdir(), 'ardm-zpaq-'));
      try {
        writeFileSync(join(folder, 'in'), bytes);
        await run('zpaq', ['add', 'a.zpaq', 'in', '-m5', '-t1'], { cwd: folder });
        return statSync(join(folder, 'a.zpaq')).size;
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return error ? undefined : (pattern.exec(stdout + stderr)?.[1] ?? 'of unknown version');
}

/** All peers that are here, and the names of those that are not. `quick`: without the slow ones, xz and zpaq. */
export function findPeers(quick: boolean): { present: Peer[]; missing: PeerName[] } {
  const wanted: Partial<Record<PeerName, Peer | undefined>> = {
    gzip,
    zstd: filter('zstd', 'zstd', ['-19', '-q', '-c'], /v([\d.]+)/),
    brotli,
    ...(quick ? {} : { xz: filter('xz', 'xz', ['-9e', '-c'], /([\d.]+)/), zpaq: zpaq() }),
  };
  return {
    present: Object.values(wanted).filter((peer) => peer !== undefined),
    missing: (Object.keys(wanted) as PeerName[]).filter((name) => wanted[name] === undefined),
  };
}

/**
 * Sizes that peers have given, kept from run to run in a file: they depend on the bytes and the peer's version alone, and
 * starting a program a thousand times takes minutes.
 */
export class RememberedSizes {
  private readonly sizes: Record<string, Record<string, number>>;

  constructor(private readonly path: string) {
    this.sizes = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  }

  async size(peer: Omit<Peer, 'name'> & { readonly name: string }, bytes: Uint8Array): Promise<number> {
    const key = `${peer.name} ${peer.version}`;
    this.sizes[key] ??= {};
    const known = this.sizes[key];
    const digest = createHash('sha1').update(bytes).digest('base64');
    known[digest] ??= await peer.size(bytes);
    return known[digest];
  }

  save(): void {
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(this.path, JSON.stringify(this.sizes));
  }
}
