import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A coder of sound without loss. Its sizes are of whole files as it writes them. */
export interface SoundPeer {
  readonly name: string;
  readonly version: string;
  /** Bytes of what it makes of a WAV. */
  size(wav: Uint8Array): Promise<number>;
}

const run = promisify(execFile);

function peer(
  command: 'flac' | 'wavpack',
  name: string,
  args: (input: string, output: string) => string[],
): SoundPeer | undefined {
  const { error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (error) return undefined;
  return {
    name,
    version: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'of unknown version',
    size: async (wav) => {
      const folder = mkdtempSync(join(tmpdir(), 'ardm-sound-'));
      try {
        const [input, output] = [join(folder, 'in.wav'), join(folder, 'out.bin')];
        writeFileSync(input, wav);
        await run(command, args(input, output));
        return statSync(output).size;
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

export const PEER_NAMES = ['flac -8', 'wavpack -hhx6'] as const;

/** Those that are installed (Debian's flac and wavpack). flac writes neither padding nor a table of seek points, as short clips want it. */
export function soundPeers(): SoundPeer[] {
  const [flac, wavpack] = PEER_NAMES;
  const all = [
    peer('flac', flac, (input, output) => ['-8', '-s', '--no-padding', '--no-seektable', '-o', output, input]),
    // -i: a length in the header that is wrong does not matter, as it does not to flac.
    peer('wavpack', wavpack, (input, output) => ['-hhx6', '-q', '-y', '-i', input, '-o', output]),
  ];
  return all.filter((found) => found !== undefined);
}
