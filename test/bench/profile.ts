/**
 * npm run bench:profile: where the time of one compress and one decompress goes, through HTTP on an idle server, beside what this machine
 * could do at most. Writes .work/bench-profile.json; bench:plots draws it.
 */
import { writeFileSync } from 'node:fs';
import { LoadClient, median } from './client.js';
import { benchData, canterburyTexts } from './data.js';
import { measureMachine } from './machine.js';
import { MODEL } from './model.js';
import { type Budget, PHASES, type Phase, PROFILE_OUTPUT, type Profile, roofline } from './profile-results.js';
import { BenchServer } from './server.js';

const SIZES = [
  { bytes: 1_024, repeats: 60 },
  { bytes: 200_000, repeats: 3 },
  { bytes: 5_000_000, repeats: 1 },
];

const text = Buffer.concat(canterburyTexts(benchData().test).map(({ bytes }) => bytes));
const machine = await measureMachine();
console.log(
  `One core: ${machine.floats.toFixed(0)} G multiply-adds a second in floats, ${machine.bytes.toFixed(0)} in bytes; memory ${machine.memory.toFixed(1)} GB/s, weights from the cache ${machine.weights.toFixed(0)} GB/s; an empty call ${machine.emptyCall.toFixed(1)} us`,
);
const server = await BenchServer.start();
const client = new LoadClient(server.url);

/** Counters of the server that a budget is made of. */
async function counters(): Promise<Record<string, number>> {
  const lines = await fetch(`${server.url}/metrics`).then((answer) => answer.text());
  const of = (key: string): number => {
    const line = lines.split('\n').find((each) => each.startsWith(`${key} `));
    return Number(line?.slice(key.length + 1) ?? 0);
  };
  const phases = PHASES.filter((phase) => phase !== 'rest').map((phase) => [
    phase,
    of(`ardm_phase_seconds_total{phase="${phase}"}`),
  ]);
  return {
    ...Object.fromEntries(phases),
    calls: of('ardm_batch_rows_count'),
    rows: of('ardm_batch_rows_sum'),
    cpu: of('process_cpu_seconds_total'),
    waiting: ['small', 'large', 'short', 'long']
      .map((kind) => of(`ardm_queue_wait_seconds_sum{class="${kind}"}`))
      .reduce((sum, seconds) => sum + seconds, 0),
  };
}

async function budgetOf(
  operation: Budget['operation'],
  path: string,
  body: Uint8Array,
  size: number,
  preset: string,
  repeats: number,
): Promise<Budget> {
  await client.done(path, body);
  const before = await counters();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) times.push((await client.done(path, body)).milliseconds);
  const after = await counters();
  const each = (name: string): number => ((after[name] ?? 0) - (before[name] ?? 0)) / repeats;
  const known = PHASES.filter((phase) => phase !== 'rest').map((phase): [Phase, number] => [
    phase,
    1_000 * each(phase),
  ]);
  const busy = known.filter(([phase]) => phase !== 'waiting').reduce((sum, [, ms]) => sum + ms, 0);
  const phases = { ...Object.fromEntries(known), rest: Math.max(0, 1_000 * each('cpu') - busy) } as Record<
    Phase,
    number
  >;
  const calls = each('calls');
  return {
    operation,
    bytes: size,
    preset,
    wall: median(times),
    cpu: 1_000 * each('cpu'),
    phases,
    calls,
    rowsPerCall: each('rows') / calls,
  };
}

const budgets: Budget[] = [];
const add = (budget: Budget): void => {
  budgets.push(budget);
  print(budget);
};
try {
  for (const { bytes, repeats } of SIZES) {
    const input =
      bytes > text.length
        ? Buffer.concat(Array(Math.ceil(bytes / text.length)).fill(text)).subarray(0, bytes)
        : text.subarray(0, bytes);
    // 5 MB at `small` would take minutes, of which there is nothing more to learn.
    for (const preset of bytes > 1e6 ? ['fast', 'balanced'] : ['fast', 'balanced', 'small']) {
      const path = `/v1/compress?model=${MODEL}&calls=${preset}`;
      const archive = (await client.done(path, input)).body;
      add(await budgetOf('compress', path, input, bytes, preset, repeats));
      add(await budgetOf('decompress', '/v1/decompress', archive, bytes, preset, repeats));
    }
  }
} finally {
  client.close();
  await server.stop();
}
const profile: Profile = { model: MODEL, date: new Date().toISOString().slice(0, 10), machine, budgets };
writeFileSync(PROFILE_OUTPUT, `${JSON.stringify(profile, null, 2)}\n`);
console.log(`\n${PROFILE_OUTPUT} written; npm run bench:plots draws it`);

function print(budget: Budget): void {
  const { operation, bytes, preset, wall, cpu, phases, calls, rowsPerCall } = budget;
  const perByte = (ms: number): string => ((1_000 * ms) / bytes).toFixed(2);
  const busy = PHASES.filter((phase) => phase !== 'waiting').reduce((sum, phase) => sum + phases[phase], 0);
  console.log(
    `\n${operation} ${bytes} bytes, ${preset}: ${wall.toFixed(1)} ms (${(bytes / wall).toFixed(0)} KB/s), ${calls.toFixed(0)} network calls of ${rowsPerCall.toFixed(1)} rows, ${((1_000 * phases.network) / calls).toFixed(0)} us each`,
  );
  console.log(
    `  us a byte: ${PHASES.map((phase) => `${phase} ${perByte(phases[phase])}`).join(', ')}; processor time ${perByte(cpu)}`,
  );
  console.log(
    `  network ${((100 * phases.network) / busy).toFixed(0)} % of the busy time, which is ${(busy / phases.network).toFixed(2)} x the network; the roofline is ${roofline(machine, rowsPerCall).toFixed(2)} us a byte, the network takes ${perByte(phases.network)}`,
  );
}
