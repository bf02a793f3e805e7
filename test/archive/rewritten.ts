import { parseArchive } from '../../src/archive/parse.js';
import type { ArchiveHeader, Container, Fields, Placed, Segment, WithPayload } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';

/** What a writer would be given to make this archive. */
export function takenApart(archive: Uint8Array): { segments: Segment[]; fields: Fields } {
  const header = parseArchive(archive);
  const withPayload = <T extends Placed>({
    payloadOffset,
    payloadLength,
    ...info
  }: T): Omit<T, keyof Placed> & WithPayload => ({
    ...info,
    payload: archive.slice(payloadOffset, payloadOffset + payloadLength),
  });
  return { segments: header.segments.map(withPayload), fields: fieldsOf(header, withPayload) };
}

/** What the writer makes of what the reader found. */
export function rewritten(archive: Uint8Array): Uint8Array {
  const { segments, fields } = takenApart(archive);
  return writeArchive(segments, fields);
}

function fieldsOf(
  { name, mediaType, dictionary, container }: ArchiveHeader,
  withPayload: <T extends Placed>(placed: T) => Omit<T, keyof Placed> & WithPayload,
): Fields {
  const { rest, ...file } = container?.file ?? { length: 0, crc: 0 };
  const written: Container | undefined = container && {
    number: container.number,
    geometry: container.geometry,
    ...(container.file && { file: { ...file, ...(rest && { rest: withPayload(rest) }) } }),
  };
  return {
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { mediaType }),
    ...(dictionary && { dictionary }),
    ...(written && { container: written }),
  };
}
