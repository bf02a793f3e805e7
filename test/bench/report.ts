import { PEERS, type Results } from './results.js';
import { fileTable, ladderTable, mainTable } from './tables.js';
import { judge, type Verdict } from './targets.js';

/** Groups whose files differ so much that their sum tells little. */
const FILE_BY_FILE = [
  ['prose', 1024],
  ['prose', 'whole'],
  ['json', 'whole'],
  ['csv', 1024],
  ['logs', 'whole'],
  ['languages', 1024],
] as const;

/** All that was measured, and the verdicts, as text of many lines. */
export function report(results: Results): string {
  const { models, autoModel, quick, titles, files, ladder } = results;
  const parts = [
    heading(results),
    `Bits per byte, calls=balanced; auto tries ${autoModel}; a model's own column is that model alone\n${mainTable(results)}`,
  ];
  for (const [group, size] of FILE_BY_FILE) {
    const rows = files.filter((row) => row.group === group && row.size === size);
    if (rows.length > 0) parts.push(`${titles[group]}, file by file\n${fileTable(rows)}`);
  }
  for (const { id } of models) {
    if (!ladder.some(({ model }) => model === id)) continue;
    parts.push(`Bits per byte over the ladder of calls, ${id} alone; only encoded\n${ladderTable(results, id)}`);
  }
  if (results.limits) {
    const { files: count, bytes, auto, brotli } = results.limits;
    const ratio = (auto / brotli).toFixed(3);
    parts.push(
      `${count} public files up to 1 MiB, whole: ${bytes} bytes, archives ${auto}, brotli 11 ${brotli}: ${ratio}`,
    );
  }
  const note = quick ? ' (of a quick run: only an indication)' : '';
  parts.push(`Targets${note}\n${judge(results).map(verdictLine).join('\n')}`);
  return parts.join('\n\n');
}

function heading({ quick, peers, models }: Results): string {
  return [
    ...(quick ? ['QUICK: few pieces and files; figures to report come from a whole run.'] : []),
    ...PEERS.map((name) => `${name}: ${peers[name] ?? 'not here, or left out'}`),
    ...models.map(({ id, balanced }) => `${id}: balanced is ${balanced} calls`),
  ].join('\n');
}

function verdictLine({ what, figure, target, met, stretch, stretchMet }: Verdict): string {
  const word = (done: boolean | undefined, not: string): string =>
    done === undefined ? 'not measured' : done ? 'met' : not;
  const further = stretch === undefined ? '' : `; stretch ${stretch}: ${word(stretchMet, 'not met')}`;
  return `${what}: ${figure}; target ${target}: ${word(met, 'MISSED')}${further}`;
}
