import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** zpaq -m5 -t1 on one input, in files; both return milliseconds. */
export interface Zpaq {
  compress(): number;
  decompress(): number;
  /** Bytes of the archive. */
  size(): number;
  close(): void;
}

/** @returns undefined, after saying so, where zpaq is not installed. */
export function zpaq(input: Uint8Array): Zpaq | undefined {
  if (spawnSync('zpaq').error) {
    console.log('SKIPPED: no zpaq here (scripts/install-peers.sh installs it); its ratio is not reported');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ardm-zpaq-'));
  writeFileSync(join(folder, 'in'), input);
  const run = (...args: string[]): number => {
    const begun = performance.now();
    execFileSync('zpaq', args, { cwd: folder, stdio: 'ignore' });
    return performance.now() - begun;
  };
  return {
    compress: () => {
      rmSync(join(folder, 'a.zpaq'), { force: true });
      return run('add', 'a.zpaq', 'in', '-m5', '-t1');
    },
    decompress: () => {
      // What is there and the same is not written again.
      rmSync(join(folder, 'out'), { force: true });
      return run('extract', 'a.zpaq', 'in', '-to', 'out', '-t1');
    },
    size: () => statSync(join(folder, 'a.zpaq')).size,
    close: () => rmSync(folder, { recursive: true }),
  };
}
