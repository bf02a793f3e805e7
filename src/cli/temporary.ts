import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files that are not whole yet. */
const temporaries = new Set<string>();

/** A name beside a file, for its bytes until they are all there. It is removed by `removeTemporaries` unless it is forgotten before. */
export function temporaryBeside(path: string): string {
  const name = join(dirname(path), `.ardm-${randomBytes(8).toString('hex')}.tmp`);
  temporaries.add(name);
  return name;
}

export function forgetTemporary(path: string): void {
  temporaries.delete(path);
}

/** Does not wait: the process is about to end. */
export function removeTemporaries(): void {
  for (const path of temporaries) rmSync(path, { force: true });
  temporaries.clear();
}

/** A signal that ends the process leaves no temporary file behind; to whoever waits it looks as it would have without. */
export function cleanUpOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      removeTemporaries();
      process.kill(process.pid, signal);
    });
  }
}
