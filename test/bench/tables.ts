import type { FileRow, LadderRow, Results, Row, Size } from './results.js';
import { GROUPS, PEERS, SIZES } from './results.js';

/** Columns to equal widths: the first to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
        .join('  '),
    )
    .join('\n');
}

/** Bits per byte, or nothing where there is no size. */
export function rate(size: number | null | undefined, bytes: number): string {
  return size === null || size === undefined ? '' : ((8 * size) / bytes).toFixed(3);
}

export function sizeName(size: Size): string {
  if (size === 'whole') return size;
  return size < 1024 ? `${size} B` : `${size / 1024} KiB`;
}

const ratio = (size: number, peer: number | null): string => (peer === null ? '' : (size / peer).toFixed(3));

/** Bits per byte of every group and size, beside those of the peers. */
export function mainTable(results: Results): string {
  const { models, titles, rows } = results;
  const head = [
    'group',
    'size',
    'inputs',
    'bytes',
    ...PEERS,
    ...models.map(({ id }) => id),
    'auto',
    ': brotli',
    ': zpaq',
  ];
  const body = rows.map((row) => {
    const alone = models.map(({ id }) => rate(row.models[id], row.bytes));
    return [titles[row.group] ?? row.group, sizeName(row.size), ...figures(row, alone)];
  });
  return table([head, ...body]);
}

/** The same of single files, for groups whose files differ. */
export function fileTable(rows: readonly FileRow[]): string {
  const head = ['file', 'size', 'inputs', 'bytes', ...PEERS, 'auto', ': brotli', ': zpaq'];
  return table([head, ...rows.map((row) => [row.file, sizeName(row.size), ...figures(row, [])])]);
}

function figures(row: Row, models: readonly string[]): string[] {
  return [
    String(row.inputs),
    String(row.bytes),
    ...PEERS.map((peer) => rate(row.peers[peer], row.bytes)),
    ...models,
    rate(row.auto, row.bytes),
    ratio(row.auto, row.peers.brotli),
    ratio(row.auto, row.peers.zpaq),
  ];
}

/** Bits per byte of a model alone over its ladder of calls; one line for each group and size. */
export function ladderTable({ ladder, titles }: Results, model: string): string {
  const own = ladder.filter((row) => row.model === model);
  const calls = [...new Set(own.map((row) => row.calls))].sort((a, b) => a - b);
  const lines = SIZES.flatMap((size) =>
    GROUPS.map((group) => own.filter((row) => row.size === size && row.group === group)),
  );
  return table([
    ['calls', 'size', 'inputs', ...calls.map(String)],
    ...lines.flatMap((line) => {
      const [first] = line;
      if (!first) return [];
      const at = (count: number): LadderRow | undefined => line.find((row) => row.calls === count);
      const rates = calls.map((count) => rate(at(count)?.archives, at(count)?.bytes ?? 0));
      return [[titles[first.group] ?? first.group, sizeName(first.size), String(first.inputs), ...rates]];
    }),
  ]);
}
