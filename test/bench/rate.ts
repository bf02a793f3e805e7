/**
 * npm run bench:rate: bits per byte of each model and of its peers on the same bytes, and the targets they are held
 * against. Archives are made by the service's own codec and workers, in this process. Those of `auto` are all decoded
 * and compared; those of a model alone are only encoded.
 */
import { writeFileSync } from 'node:fs';
import { readConfig } from '../../src/config.js';
import { openEngine } from '../../src/engine.js';
import { benchData, publicFiles } from './data.js';
import { allGroups, type Sample, samplesOfGroup } from './groups.js';
import { ladderOf, ladderSample } from './ladder.js';
import { Meter } from './measure.js';
import { isWhole, type Options, OUTPUT, PARTIAL_OUTPUT, readOptions, USAGE } from './options.js';
import { findPeers, RememberedSizes } from './peers.js';
import { report } from './report.js';
import { byPeer, type Results } from './results.js';
import { sizeName } from './tables.js';

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

const begun = performance.now();
const options = optionsOrExit();
const data = benchData();
const { present, missing } = findPeers(options.quick);
const warning = `MISSING: ${missing.join(', ')}; left blank. scripts/install-peers.sh installs them.`;
if (missing.length > 0) console.error(warning);
/** Written anew after each sample, so that a run that is cut short leaves what it has measured. */
const output = isWhole(options) ? OUTPUT : PARTIAL_OUTPUT;
const log = (message: string, details: Record<string, unknown>): void => console.error(message, details);
const engine = await openEngine(
  readConfig(process.env),
  log,
  options.model === undefined ? {} : { preferred: [options.model] },
);
try {
  const models = engine.registry.list().filter(({ id }) => options.model === undefined || id === options.model);
  if (models.length === 0) throw new Error(`no model ${options.model} is served`);
  const remembered = new RememberedSizes('.work/bench-peers.json');
  const meter = new Meter(
    engine,
    present,
    remembered,
    models.map(({ id }) => id),
  );
  const groups = allGroups(data).filter(({ id }) => options.groups.includes(id));
  const results: Results = {
    quick: options.quick,
    autoModel: engine.autoModel,
    models: models.map(({ id, presets }) => ({ id, balanced: presets.balanced })),
    titles: Object.fromEntries(groups.map(({ id, title }) => [id, title])),
    peers: byPeer((name) => present.find((peer) => peer.name === name)?.version ?? null),
    rows: [],
    files: [],
    ladder: [],
    limits: null,
  };
  const tell = (what: string): void => {
    remembered.save();
    writeFileSync(output, JSON.stringify(results, undefined, 1));
    console.error(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${what}`);
  };
  const all = groups.flatMap((group) => samplesOfGroup(group, options.quick));
  const samples = options.sizes.flatMap((size) => all.filter((sample) => sample.size === size));
  const named = ({ group, size }: Sample): string => `${group}, ${sizeName(size)}`;
  for (const sample of samples) {
    const { row, files } = await meter.row(sample);
    results.rows.push(row);
    results.files.push(...files);
    tell(`${named(sample)}: ${sample.inputs.length} inputs`);
  }
  if (isWhole(options)) {
    results.limits = await meter.limits(publicFiles(data.test));
    tell('limits');
  }
  for (const sample of samples) {
    for (const { id, balanced } of results.models) {
      const ladder = ladderOf(sample.size, options.quick, balanced);
      for (const calls of ladder) results.ladder.push(await meter.ladderRow(ladderSample(sample), id, calls));
      if (ladder.length > 0) tell(`the ladder of ${id}: ${named(sample)}`);
    }
  }
  console.log(report(results));
  if (missing.length > 0) console.log(warning);
  console.log(`\n${((performance.now() - begun) / 60_000).toFixed(1)} minutes`);
} finally {
  await engine.pool.close();
}
