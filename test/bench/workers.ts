/** `npm run bench:workers -- [--jobs 100] [--bytes 8000] [--rounds 1]`: how long 1 and 2 workers take for the same jobs. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../e2e/process.js';
import { Dice } from '../fleet/dice.js';
import { Fleet } from '../fleet/fleet.js';
import { MODEL } from './model.js';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100' },
    bytes: { type: 'string', default: '8000' },
    rounds: { type: 'string', default: '1' },
  },
});
const jobs = Number(values.jobs);

/** Seconds from the beginning of the first job to the end of the last; all are queued before. */
async function measure(workers: number): Promise<number> {
  const fleet = await Fleet.start({
    apis: [{}],
    workers: Array.from({ length: workers }, () => ({})),
    // The model that is served by default, as an operator would.
    common: { MODELS_DIR: join(ROOT, 'models'), MAX_QUEUED_JOBS: '100000' },
    jobs: true,
  });
  try {
    const dice = new Dice(7);
    const ids: string[] = [];
    for (let i = 0; i < jobs; i++) {
      const body = Buffer.from(Uint8Array.from({ length: Number(values.bytes) }, () => 97 + dice.between(0, 20)));
      const path = `/v1/jobs?operation=compress&model=${MODEL}`;
      const answer = await fetch(fleet.url + path, { method: 'POST', body });
      if (answer.status !== 202) throw new Error(await answer.text());
      ids.push(((await answer.json()) as { id: string }).id);
    }
    const times: number[] = [];
    for (const id of ids) {
      for (;;) {
        const view = (await (await fetch(`${fleet.url}/v1/jobs/${id}`)).json()) as Record<string, string>;
        if (view.state === 'done') {
          times.push(Date.parse(view.startedAt ?? ''), Date.parse(view.finishedAt ?? ''));
          break;
        }
        if (view.state === 'failed') throw new Error(JSON.stringify(view));
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    return (Math.max(...times) - Math.min(...times)) / 1_000;
  } finally {
    await fleet.stop();
  }
}

for (let round = 0; round < Number(values.rounds); round++) {
  const one = await measure(1);
  const two = await measure(2);
  console.log(
    `${jobs} jobs of ${values.bytes} bytes: 1 worker ${one} s, 2 workers ${two} s, ratio ${(two / one).toFixed(2)}`,
  );
}
