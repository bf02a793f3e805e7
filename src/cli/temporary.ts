import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

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

/** What is still to be said to others when a signal ends the process. */
const farewells = new Set<() => Promise<unknown>>();

/** So long, a process that is to end waits for a server that does not answer. A second signal ends it at once. */
const FAREWELL_MS = 2_000;

/** @param farewell is awaited before a signal ends the process. @returns what takes that back. */
export function beforeSignalEnds(farewell: () => Promise<unknown>): () => void {
  farewells.add(farewell);
  return () => {
    farewells.delete(farewell);
  };
}

/** A signal that ends the process leaves no temporary file behind; to whoever waits it looks as it would have without. */
export function cleanUpOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, async () => {
      removeTemporaries();
      if (farewells.size > 0) {
        await Promise.race([Promise.allSettled([...farewells].map((say) => say())), setTimeout(FAREWELL_MS)]);
      }
      // What was begun meanwhile.
      removeTemporaries();
      process.kill(process.pid, signal);
    });
  }
}
