import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchData, canterburyTexts, filesBelow, heldOutFiles } from './data.js';
import { evenly, type NamedFile, samplesOf } from './pieces.js';
import { jsonRecords } from './records.js';
import type { GroupId, Size } from './results.js';

/** Files of one kind, and what of them is measured. */
export interface Group {
  readonly id: GroupId;
  readonly title: string;
  readonly files: readonly NamedFile[];
  /** Bytes of the pieces that are cut out of the files. */
  readonly pieceSizes: readonly (Size & number)[];
  /** Files that are taken whole: those of so many bytes, evenly spaced ones where there are more than `count`. */
  readonly whole: { readonly least: number; readonly most: number; readonly count: number };
}

/** Files of a group that are measured at a size. */
export interface Sample {
  readonly group: GroupId;
  readonly size: Size;
  readonly inputs: readonly NamedFile[];
}

/** Pieces of a group, at most; there are fewer where its files have no room for more. */
const PIECES: Readonly<Record<Size & number, number>> = { 256: 96, 1024: 96, 4096: 32, 65536: 4 };
const QUICK_PIECES: typeof PIECES = { 256: 32, 1024: 32, 4096: 8, 65536: 0 };
const QUICK_WHOLE = 1;
const QUICK_RECORDS = 40;

const PUBLIC_WHOLE = { least: 100_000, most: 1_000_000, count: Number.POSITIVE_INFINITY };
/** Held-out files are shorter, and of very different lengths. */
const HELD_OUT_WHOLE = { least: 8_000, most: 1_000_000, count: 12 };
const EVERY = { least: 0, most: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY };
const ALL_SIZES = [256, 1024, 4096, 65536] as const;

/**
 * Translations of the Universal Declaration of Human Rights, eight of the languages that the training data has other
 * texts in.
 */
const LANGUAGES: Readonly<Record<string, string>> = {
  German: 'deu',
  French: 'fra',
  Spanish: 'spa',
  Portuguese: 'por_PT',
  Russian: 'rus',
  Polish: 'pol',
  Japanese: 'jpn',
  Chinese: 'cmn_hans',
};

/** All groups; docs, code and HTML are held-out files of the training data's own projects, the others are public test sets. */
export function allGroups({ test, train }: BenchData): Group[] {
  const held = heldOutFiles(train);
  const heldOut = (id: GroupId, title: string, folder: string): Group => ({
    id,
    title,
    files: held.filter(({ name }) => name.startsWith(`${folder}/`)),
    pieceSizes: ALL_SIZES,
    whole: HELD_OUT_WHOLE,
  });
  const open = (id: GroupId, title: string, files: readonly NamedFile[]): Group => {
    return { id, title, files, pieceSizes: ALL_SIZES, whole: PUBLIC_WHOLE };
  };
  return [
    open('prose', 'English prose (Canterbury)', canterburyTexts(test)),
    heldOut('docs', 'documentation (held out)', 'prose-docs'),
    heldOut('code', 'source code (held out)', 'code'),
    heldOut('html', 'HTML (held out)', 'html'),
    open('json', 'JSON documents', filesBelow(join(test, 'json'))),
    { id: 'records', title: 'JSON records', files: jsonRecords(join(test, 'json')), pieceSizes: [], whole: EVERY },
    open('csv', 'CSV', filesBelow(join(test, 'csv'))),
    open(
      'logs',
      'logs',
      filesBelow(join(test, 'logs')).filter(({ name }) => name.endsWith('.log')),
    ),
    {
      id: 'languages',
      title: 'eight languages (UDHR)',
      files: Object.entries(LANGUAGES).map(([name, file]) => ({
        name,
        bytes: readFileSync(join(test, 'multilang/udhr2', `${file}.txt`)),
      })),
      pieceSizes: [256, 1024, 4096],
      whole: EVERY,
    },
  ];
}

/** What of a group is measured, by size. */
export function samplesOfGroup(group: Group, quick: boolean): Sample[] {
  const pieces = quick ? QUICK_PIECES : PIECES;
  const { least, most, count } = group.whole;
  const fitting = group.files.filter(({ bytes }) => bytes.length >= least && bytes.length <= most);
  const quickCount = group.id === 'records' ? QUICK_RECORDS : QUICK_WHOLE;
  const samples: Sample[] = group.pieceSizes.map((size) => {
    return { group: group.id, size, inputs: samplesOf(group.files, size, pieces[size]) };
  });
  samples.push({
    group: group.id,
    size: 'whole',
    inputs: evenly(fitting, quick ? Math.min(count, quickCount) : count),
  });
  return samples.filter(({ inputs }) => inputs.length > 0);
}
