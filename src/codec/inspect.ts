import type { ArchiveHeader, Method, Schedule } from '../archive/types.js';
import type { CodecModels } from './models.js';

/** What an archive's header says; sizes in bytes. */
export interface ArchiveInfo {
  readonly version: number;
  readonly originalSize: number;
  readonly compressedSize: number;
  readonly segments: readonly SegmentDescription[];
}

export interface SegmentDescription {
  readonly method: Method;
  /** Id of the model; null if this server does not have it, or the method needs none. */
  readonly model: string | null;
  /** The first two bytes of the model's identity, hexadecimal; null if the method needs none. */
  readonly modelIdentity: string | null;
  readonly schedule: Schedule | null;
  /** Network calls per block, 1..1024; null if the method needs none. */
  readonly calls: number | null;
  readonly originalSize: number;
  readonly compressedSize: number;
}

/** The header in words, for people and programs that will never decode it. */
export function describeArchive(header: ArchiveHeader, archiveLength: number, models: CodecModels): ArchiveInfo {
  return {
    version: header.version,
    originalSize: header.originalLength,
    compressedSize: archiveLength,
    segments: header.segments.map(({ method, model, dial, length, payloadLength }) => ({
      method,
      model: (model && models.byShortId(model)?.id) ?? null,
      modelIdentity: model ? Buffer.from(model).toString('hex') : null,
      schedule: dial?.schedule ?? null,
      calls: dial?.calls ?? null,
      originalSize: length,
      compressedSize: payloadLength,
    })),
  };
}
