import { DamagedContainerError } from '../errors.js';
import { joined } from '../parts.js';
import type { ContainerKind, Extent, Opened, Parts, Pause, Work } from '../types.js';
import { chunkParts, SIGNATURE } from './chunks.js';
import { cut, cutRule } from './cuts.js';
import { filter, leastSums, unfilter } from './filters.js';
import { readPngGeometry, writePngGeometry } from './geometry.js';
import { extentOf, filteredLength, HEADER_LENGTH, headerOf, readHeader } from './header.js';
import { type FilterRule, readRest, writeRest } from './rest.js';
import { walk } from './walk.js';
import { closeZlib, openZlib } from './zlib.js';

const IHDR = Buffer.from('IHDR');
const IDAT = Buffer.from('IDAT');

/** PNG (third edition) whose deflate stream the engine makes again: FORMAT.md, section 14. */
export const png: ContainerKind = {
  number: 0,
  name: 'png',

  content(geometry) {
    const { picture } = readPngGeometry(geometry);
    return picture ? { picture } : {};
  },

  async open(file: Uint8Array, work: Work): Promise<Omit<Opened, 'number'> | undefined> {
    const found = walk(file);
    const header = found && readHeader(found.header);
    if (!header) return undefined;
    const zlib = await openZlib(found.stream, filteredLength(header), work);
    if (!zlib) return undefined;
    const { data, setting } = zlib;
    const parts = { ...found, header: zlib.header, cuts: cutRule(found.lengths) };
    const picture = extentOf(header);
    const rows = picture && (await unfilter(data, picture, work.pause));
    // Also where a filter is none: a viewer would refuse the picture, but bytes are bytes.
    if (!picture || !rows) {
      const rest = Buffer.concat([found.header, writeRest({ ...parts, filters: 'least-sums' })]);
      return { geometry: writePngGeometry({ setting }), content: {}, samples: data, rest };
    }
    const { samples } = rows;
    const filters = await filterRule(rows.filters, samples, picture, work.pause);
    const geometry = writePngGeometry({ setting, picture });
    return { geometry, content: { picture }, samples, rest: writeRest({ ...parts, filters }) };
  },

  async close({ geometry, samples, rest }: Parts, length: number, pause: Pause): Promise<Uint8Array> {
    const { setting, picture } = readPngGeometry(geometry);
    if (!picture && rest.length < HEADER_LENGTH) throw new DamagedContainerError('it has no header');
    const header = picture ? headerOf(picture) : rest.subarray(0, HEADER_LENGTH);
    const parts = picture ? readRest(rest, picture.height) : readRest(rest.subarray(HEADER_LENGTH), 0);
    const data = picture ? await filterAgain(samples, parts.filters, picture, pause) : samples;
    const stream = await closeZlib({ data, setting, header: parts.header }, length, pause);
    const file = [
      SIGNATURE,
      ...chunkParts({ type: IHDR, data: header }),
      ...parts.before.flatMap(chunkParts),
      ...cut(stream, parts.cuts, length).flatMap((piece) => chunkParts({ type: IDAT, data: piece })),
      ...parts.after.flatMap(chunkParts),
      parts.trailing,
    ];
    return joined(file, length);
  },
};

async function filterRule(
  filters: Uint8Array,
  samples: Uint8Array,
  picture: Extent,
  pause: Pause,
): Promise<FilterRule> {
  const usual = await leastSums(samples, picture, pause);
  if (Buffer.compare(usual, filters) === 0) return 'least-sums';
  const [all = 0] = filters;
  return filters.every((each) => each === all) ? { all } : { each: filters };
}

async function filterAgain(samples: Uint8Array, rule: FilterRule, picture: Extent, pause: Pause): Promise<Uint8Array> {
  if (rule === 'least-sums') {
    const filters = await leastSums(samples, picture, pause);
    return await filter({ samples, filters }, picture, pause);
  }
  const filters = 'all' in rule ? new Uint8Array(picture.height).fill(rule.all) : rule.each;
  return await filter({ samples, filters }, picture, pause);
}
