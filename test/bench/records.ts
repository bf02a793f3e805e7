import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evenly, type NamedFile } from './pieces.js';

/** Bytes of a record, at least and at most: what services and queues pass on one at a time. */
const LEAST = 100;
const MOST = 4096;

/** Records of one source, at most, so that no source outweighs the others. */
const PER_SOURCE = 60;

/** JSON files that are collections, and the key below which the records stand where it is not the top. */
const COLLECTIONS: readonly (readonly [file: string, below?: string])[] = [
  ['github_events.json'],
  ['gsoc-2018.json'],
  ['twitter_timeline.json'],
  ['twitterescaped.json', 'statuses'],
  ['update-center.json', 'plugins'],
];

/**
 * Single records of the public JSON files: each element of a collection as `JSON.stringify` writes it (whole numbers over
 * 2^53, which are ids of tweets, are rounded by it), and the lines of the one ndjson file as they stand, its heading left
 * out.
 *
 * @param folder of the JSON test files.
 */
export function jsonRecords(folder: string): NamedFile[] {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const lines = read('amazon_cellphones.ndjson').trimEnd().split('\n').slice(1);
  return [
    ...recordsOf('amazon_cellphones.ndjson', lines),
    ...COLLECTIONS.flatMap(([name, below]) => recordsOf(name, elementsOf(read(name), below))),
  ];
}

/** The elements of a JSON array, or the values of an object, each written without white space. */
export function elementsOf(text: string, below?: string): string[] {
  const top: unknown = JSON.parse(text);
  const collection = below === undefined ? top : (top as Record<string, unknown>)[below];
  return Object.values(collection as object).map((element) => JSON.stringify(element));
}

function recordsOf(name: string, texts: readonly string[]): NamedFile[] {
  const all = texts.map((text) => ({ name, bytes: Buffer.from(text) }));
  return evenly(
    all.filter(({ bytes }) => bytes.length >= LEAST && bytes.length <= MOST),
    PER_SOURCE,
  );
}
