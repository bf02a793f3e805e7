import { CHUNK_OVERHEAD, type Chunk, isType, readChunk, SIGNATURE } from './chunks.js';

/** A PNG file in parts, nothing of which is judged but the checksums of chunks. */
export interface Found {
  /** Data of the header chunk. */
  readonly header: Uint8Array;
  readonly before: readonly Chunk[];
  /** The data of all chunks of the zlib stream, joined. */
  readonly stream: Uint8Array;
  /** The length of each of those. */
  readonly lengths: readonly number[];
  readonly after: readonly Chunk[];
  readonly trailing: Uint8Array;
}

/** Undefined if the file is no PNG up to the end of its zlib stream. What follows that may be anything. */
export function walk(file: Uint8Array): Found | undefined {
  if (Buffer.compare(file.subarray(0, SIGNATURE.length), SIGNATURE) !== 0) return undefined;
  let at = SIGNATURE.length;
  const next = (): Chunk | undefined => {
    const chunk = readChunk(file, at);
    if (chunk) at += CHUNK_OVERHEAD + chunk.data.length;
    return chunk;
  };
  const header = next();
  if (!header || !isType(header, 'IHDR')) return undefined;
  const before: Chunk[] = [];
  let chunk = next();
  for (; chunk && !isType(chunk, 'IDAT'); chunk = next()) before.push(chunk);
  const data: Uint8Array[] = [];
  for (; chunk && isType(chunk, 'IDAT'); chunk = next()) data.push(chunk.data);
  if (data.length === 0) return undefined;
  const after: Chunk[] = [];
  for (; chunk; chunk = next()) after.push(chunk);
  const lengths = data.map(({ length }) => length);
  return { header: header.data, before, stream: Buffer.concat(data), lengths, after, trailing: file.subarray(at) };
}
