import { LoadClient, median, quantile } from './client.js';
import { MODEL } from './model.js';
import type { BenchServer } from './server.js';

/** Clients that are never told to wait, for the peak. */
const CROWD = 32;

interface Tally {
  ok: number;
  refused: number;
  withoutRetryAfter: number;
  other: number;
  broken: number;
}

/**
 * Ten times the requests that the server can do, at an even pace whether or not it keeps up, and what becomes of them; its peak is
 * measured first. Half of them compress, half decompress.
 *
 * @param pieces originals, each of 1 KiB, and their `archives`.
 */
export async function overload(
  server: BenchServer,
  pieces: readonly Uint8Array[],
  archives: readonly Uint8Array[],
  seconds: number,
): Promise<void> {
  const client = new LoadClient(server.url);
  const send = (i: number) =>
    i % 2 === 0
      ? client.post(`/v1/compress?calls=balanced&model=${MODEL}`, pieces[i % pieces.length] as Uint8Array)
      : client.post('/v1/decompress', archives[i % archives.length] as Uint8Array);
  const peak = await peakOf(send, 10);
  const tally: Tally = { ok: 0, refused: 0, withoutRetryAfter: 0, other: 0, broken: 0 };
  const count = async (i: number): Promise<void> => {
    try {
      const { status, retryAfter } = await send(i);
      if (status === 200) tally.ok++;
      else if (status === 503 || status === 429) tally.refused++;
      else tally.other++;
      if ((status === 503 || status === 429) && retryAfter === undefined) tally.withoutRetryAfter++;
    } catch {
      tally.broken++;
    }
  };
  const probes: number[] = [];
  let memory = 0;
  let running = true;
  const probing = (async () => {
    while (running) {
      const begun = performance.now();
      await fetch(`${server.url}/health/live`).then((answer) => answer.text());
      probes.push(performance.now() - begun);
      memory = Math.max(memory, server.memory());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const before = server.memory();
  const open = new Set<Promise<void>>();
  const begun = performance.now();
  let sent = 0;
  for (;;) {
    const elapsed = (performance.now() - begun) / 1_000;
    if (elapsed >= seconds) break;
    for (; sent < 10 * peak * elapsed; sent++) {
      const one: Promise<void> = count(sent).finally(() => open.delete(one));
      open.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const goodput = tally.ok / seconds;
  await Promise.all(open);
  running = false;
  await probing;
  client.close();
  const within = probes.filter((ms) => ms <= 100).length / probes.length;
  console.log(`Overload: peak ${peak.toFixed(0)}/s, sent ${(sent / seconds).toFixed(0)}/s for ${seconds} s`);
  console.log(`  goodput ${goodput.toFixed(0)}/s, ${((100 * goodput) / peak).toFixed(0)} % of the peak (target 90)`);
  console.log(
    `  ${tally.ok} done, ${tally.refused} refused (${tally.withoutRetryAfter} without Retry-After), ${tally.other} other answers, ${tally.broken} broken connections`,
  );
  console.log(
    `  probes p50 ${median(probes).toFixed(0)} ms, p99 ${quantile(probes, 0.99).toFixed(0)} ms, within 100 ms ${(100 * within).toFixed(1)} %; resident ${before.toFixed(0)} MB before, at most ${memory.toFixed(0)} MB`,
  );
}

/** Requests per second that a crowd of patient clients gets done. */
async function peakOf(send: (i: number) => Promise<unknown>, seconds: number): Promise<number> {
  let done = 0;
  let next = 0;
  const end = performance.now() + 1_000 * seconds;
  await Promise.all(
    Array.from({ length: CROWD }, async () => {
      while (performance.now() < end) {
        await send(next++);
        done++;
      }
    }),
  );
  return done / seconds;
}
