import { type GroupId, peerTotal, type Results, type Row, type Size, sum } from './results.js';

/** A target, what was measured, and whether it was met; undefined where it could not be measured. */
export interface Verdict {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean | undefined;
  readonly stretch: string | undefined;
  readonly stretchMet: boolean | undefined;
}

const STRUCTURED: readonly GroupId[] = ['docs', 'code', 'html', 'json', 'logs', 'csv'];

/** Every target of the service's rates, held against the results. */
export function judge(results: Results): Verdict[] {
  return [
    proseKibibytes(results),
    structuredKibibytes(results),
    smallest(results),
    wholeProse(results),
    wholeStructured(results),
    languages(results),
    ...results.models.map(({ id }) => dial(results, id)),
    ...limits(results),
  ];
}

function proseKibibytes(results: Results): Verdict {
  const ratio = ratioTo('brotli', rowsOf(results, ['prose'], 1024));
  return verdict('1 KiB of prose', 'x brotli 11', ratio, 0.6, { figure: ratio, most: 0.55 });
}

function structuredKibibytes(results: Results): Verdict {
  const rows = rowsOf(results, STRUCTURED, 1024);
  const ratio = ratioTo('brotli', rows);
  const ratios = (rows ?? []).map((row) => ({ group: row.group, ratio: ratioTo('brotli', [row]) ?? Number.NaN }));
  const base = verdict('1 KiB of docs, code, HTML, JSON, logs, CSV', 'x brotli 11', ratio, 0.6);
  const each = ratios.map((one) => `${one.group} ${one.ratio.toFixed(3)}`).join(', ');
  return {
    ...base,
    figure: each === '' ? base.figure : `${base.figure} (${each})`,
    stretch: '<= 0.5, no group above 0.75',
    stretchMet: ratio === undefined ? undefined : ratio <= 0.5 && ratios.every((one) => one.ratio <= 0.75),
  };
}

function smallest(results: Results): Verdict {
  const ratio = ratioTo('brotli', rowsOf(results, ['prose', ...STRUCTURED], 256));
  return verdict('256 B of all of these, prose too', 'x brotli 11', ratio, 0.55, { figure: ratio, most: 0.48 });
}

function wholeProse(results: Results): Verdict {
  const rows = rowsOf(results, ['prose'], 'whole');
  const stretch = { figure: ratioTo('zpaq', rows), most: 0.95, unit: 'x zpaq -m5' };
  return verdict('whole files of prose', 'x brotli 11', ratioTo('brotli', rows), 0.8, stretch);
}

function wholeStructured(results: Results): Verdict {
  const rows = rowsOf(results, ['json', 'logs', 'csv'], 'whole');
  const stretch = { figure: ratioTo('zpaq', rows), most: 1, unit: 'x zpaq -m5' };
  return verdict('whole files of JSON, logs, CSV', 'x brotli 11', ratioTo('brotli', rows), 0.95, stretch);
}

function languages(results: Results): Verdict {
  const ratio = ratioTo('brotli', rowsOf(results, ['languages'], 1024));
  return verdict('1 KiB of eight languages', 'x brotli 11', ratio, 0.75, { figure: ratio, most: 0.65 });
}

function dial(results: Results, model: string): Verdict {
  const at = (calls: number): number | undefined =>
    results.ladder.find(
      (row) => row.model === model && row.group === 'prose' && row.size === 1024 && row.calls === calls,
    )?.archives;
  const [some, all] = [at(85), at(1024)];
  const over = some === undefined || all === undefined ? undefined : 100 * (some / all - 1);
  const what = `85 calls against 1,024, 1 KiB of prose, ${model} alone`;
  return verdict(what, '% more bytes', over, 2.5, { figure: over, most: 1.5 });
}

function limits({ limits: found }: Results): Verdict[] {
  return [
    verdict('empty file', 'bytes', found?.empty, 12),
    verdict('10,000 random bytes', 'bytes more', found?.random, 16),
    verdict(
      `any of ${found?.files ?? 0} public files up to 1 MiB${found ? `, worst ${found.worst.file}` : ''}`,
      'bytes more than brotli 11',
      found?.worst.over,
      12,
    ),
  ];
}

interface Stretch {
  readonly figure: number | undefined;
  readonly most: number;
  /** Default: the target's. */
  readonly unit?: string;
}

function verdict(what: string, unit: string, figure: number | undefined, most: number, stretch?: Stretch): Verdict {
  const other = stretch?.unit !== undefined;
  const second = other && stretch.figure !== undefined ? `, ${shown(stretch.figure)} ${stretch.unit}` : '';
  return {
    what,
    figure: figure === undefined ? 'not measured' : `${shown(figure)} ${unit}${second}`,
    target: `<= ${most}`,
    met: figure === undefined ? undefined : figure <= most,
    stretch: stretch && `<= ${stretch.most}${other ? ` ${stretch.unit}` : ''}`,
    stretchMet: stretch?.figure === undefined ? undefined : stretch.figure <= stretch.most,
  };
}

const shown = (figure: number): string => (Number.isInteger(figure) ? String(figure) : figure.toFixed(3));

/** The rows of all of these groups; undefined if one was not measured. */
function rowsOf(results: Results, groups: readonly GroupId[], size: Size): Row[] | undefined {
  const found = groups.map((group) => results.rows.find((row) => row.group === group && row.size === size));
  return found.every((row) => row !== undefined) ? found : undefined;
}

/** Total bytes of the archives against the peer's total. */
function ratioTo(peer: 'brotli' | 'zpaq', rows: readonly Row[] | undefined): number | undefined {
  const total = rows && peerTotal(rows, peer);
  return total ? sum(rows.map((row) => row.auto)) / total : undefined;
}
