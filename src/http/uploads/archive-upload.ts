import { type RequestClasses, SMALL_BYTES } from '../guards/request-classes.js';
import type { CompressionCodec } from '../ports.js';
import type { Upload, UploadOptions } from './upload.js';

/**
 * An archive of a file that may be uploaded must be uploadable, and it may be larger than the file: incompressible bytes
 * grow by at most 16 bytes and 0.1 %, and by what is kept of their name and type (src/archive/FORMAT.md).
 */
export function archiveUpload(upload: UploadOptions): UploadOptions {
  return { ...upload, maxBytes: upload.maxBytes + 400 + Math.ceil(upload.maxBytes / 1_000) };
}

/**
 * Runs `work` on an archive when there is a place for it, small or large by what the archive declares: few bytes may
 * stand for many, and for many network calls.
 */
export async function withArchive<T>(
  upload: Upload,
  deps: { codec: CompressionCodec; classes: RequestClasses; signal: AbortSignal },
  work: (archive: Uint8Array) => Promise<T>,
): Promise<T> {
  const { spool, size } = upload;
  const demand = size <= SMALL_BYTES ? deps.codec.demand(await spool.read()) : undefined;
  const places = deps.classes.forWork(Math.max(size, demand?.originalSize ?? 0), demand?.networkCalls);
  return places.run(deps.signal, async () => work(await spool.read()));
}
