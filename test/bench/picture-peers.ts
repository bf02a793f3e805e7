import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A coder of pictures without loss. Its sizes are of whole files as it writes them. */
export interface PicturePeer {
  readonly name: string;
  readonly version: string;
  /** Bytes of what it makes of a PNG or a PPM. */
  size(picture: Uint8Array): Promise<number>;
}

const run = promisify(execFile);

function peer(
  command: 'cwebp' | 'cjxl',
  name: string,
  args: (input: string, output: string) => string[],
): PicturePeer | undefined {
  const { error, stdout, stderr } = spawnSync(command, [command === 'cwebp' ? '-version' : '--version'], {
    encoding: 'utf8',
  });
  if (error) return undefined;
  return {
    name,
    version: /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? 'of unknown version',
    size: async (picture) => {
      const folder = mkdtempSync(join(tmpdir(), 'ardm-picture-'));
      try {
        const [input, output] = [join(folder, picture[0] === 0x50 ? 'in.ppm' : 'in.png'), join(folder, 'out')];
        writeFileSync(input, picture);
        await run(command, args(input, output));
        return statSync(output).size;
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

export const PEER_NAMES = ['cwebp -z 9', 'cjxl -e 7', 'cjxl -e 9'] as const;

/** Those that are installed (Debian's webp and libjxl-tools). */
export function picturePeers(): PicturePeer[] {
  const [webp, seven, nine] = PEER_NAMES;
  const jxl = (name: string, effort: string) =>
    peer('cjxl', name, (input, output) => [input, output, '-d', '0', '-e', effort, '--num_threads=0', '--quiet']);
  const all = [
    peer('cwebp', webp, (input, output) => ['-quiet', '-lossless', '-exact', '-z', '9', input, '-o', output]),
    jxl(seven, '7'),
    jxl(nine, '9'),
  ];
  return all.filter((found) => found !== undefined);
}
