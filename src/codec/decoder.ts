import { segmentCrc } from '../archive/checksum.js';
import { ChecksumMismatchError, UnsupportedFeatureError } from '../archive/errors.js';
import { parseArchive } from '../archive/parse.js';
import type { ArchiveHeader, Coding, Container, Dial, Placed, SegmentDescriptor } from '../archive/types.js';
import type { DialRules, Shape } from '../ardm/kind.js';
import { close } from '../containers/container.js';
import { inScope } from './abandon.js';
import { BrotliDataError, brotliDecode } from './brotli.js';
import { SEGMENTS_AT_ONCE } from './choose.js';
import type { OnCoded, SegmentCoder } from './coder.js';
import { type Layout, layoutOf, pauseOf, samplesFrom } from './contained.js';
import type { Dictionaries, Dictionary } from './dictionary.js';
import { DeclaredSizeTooLargeError, UnknownDictionaryError, UnknownModelError } from './errors.js';
import { longestPayload } from './longest-payload.js';
import { mapLimited } from './map-limited.js';
import type { CodecModel, CodecModels } from './models.js';
import { type OnProgress, ProgressMeter } from './progress.js';

const NOTHING = new Uint8Array();

export interface DecompressOptions {
  /** Where to look for the dictionary that the archive names. */
  readonly dictionaries?: Dictionaries | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** What it would take to decompress an archive, as far as its header says. */
export interface Demand {
  /** Bytes. */
  readonly originalSize: number;
  /** Of all segments together. They tell the time, and bytes do not: a byte may take a call of its own. */
  readonly networkCalls: number;
}

export interface DecoderDependencies {
  readonly models: CodecModels;
  readonly coder: SegmentCoder;
  /** Original bytes of the largest file that is decompressed, and bytes of the samples of the largest picture or sound. */
  readonly maxOriginalSize: number;
}

/** Archives back to files. */
export class Decoder {
  private readonly models: CodecModels;
  private readonly coder: SegmentCoder;
  private readonly maxOriginalSize: number;

  constructor({ models, coder, maxOriginalSize }: DecoderDependencies) {
    this.models = models;
    this.coder = coder;
    this.maxOriginalSize = maxOriginalSize;
  }

  /**
   * The original bytes, all of them verified.
   *
   * @throws the errors of `parseArchive`; UnsupportedFeatureError, UnknownDictionaryError, UnknownModelError, DeclaredSizeTooLargeError before
   * any decoding; ChecksumMismatchError; WorkAbandoned (or the signal's reason) when aborted.
   */
  async decompress(archive: Uint8Array, options: DecompressOptions): Promise<Uint8Array> {
    const header = parseArchive(archive);
    const [first, ...others] = await candidates(header, options.dictionaries);
    this.check(header, archive);
    // Four bytes name more than one dictionary now and then; under a wrong one the checksums differ.
    for (const other of others) {
      try {
        return await this.decode(archive, header, other, options);
      } catch (error) {
        if (!(error instanceof ChecksumMismatchError)) throw error;
      }
    }
    return await this.decode(archive, header, first, options);
  }

  private async decode(
    archive: Uint8Array,
    header: ArchiveHeader,
    dictionary: Dictionary | undefined,
    { signal, onProgress }: DecompressOptions,
  ): Promise<Uint8Array> {
    const { container, segments, originalLength } = header;
    const layout = container && layoutOf(container, segments);
    const progress = new ProgressMeter(this.demandOf(header).networkCalls, onProgress);
    return await inScope(signal, async (scope) => {
      const parts = await mapLimited(SEGMENTS_AT_ONCE, scope, segments, async (segment, index) => {
        const shape = layout?.samples?.list[index]?.shape;
        const { onCoded, done } = progress.segment(segment.length, this.callsOf(segment, index, layout));
        const bytes = await this.decodeSegment(archive, segment, { index, dictionary, shape }, scope, onCoded);
        done();
        return bytes;
      });
      if (container && layout) return await this.close(archive, container, samplesFrom(layout, parts), scope);
      const [only] = parts;
      return only && parts.length === 1 ? only : Buffer.concat(parts, originalLength);
    });
  }

  /** The file that a container makes of its samples, verified. */
  private async close(
    archive: Uint8Array,
    { number, geometry, file }: Container<Placed>,
    samples: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    if (!file) return samples;
    const { rest } = file;
    const parts = { number, geometry, samples, rest: rest ? await this.restOf(archive, rest, signal) : NOTHING };
    const made = await close(parts, file.length, pauseOf(signal));
    const model = rest?.model && this.models.byShortId(rest.model);
    if (segmentCrc(made, rest?.payloadLength ?? 0, model?.identity) !== file.crc) throw new ChecksumMismatchError();
    return made;
  }

  private async restOf(archive: Uint8Array, rest: Coding & Placed, signal: AbortSignal): Promise<Uint8Array> {
    const payload = archive.subarray(rest.payloadOffset, rest.payloadOffset + rest.payloadLength);
    const model = rest.model && this.models.byShortId(rest.model);
    const place = { index: 0, dictionary: undefined, shape: undefined };
    const bytes = await this.decodePayload(payload, rest, model, place, signal, () => {});
    if (bytes.length !== rest.length) throw new ChecksumMismatchError();
    return bytes;
  }

  /** Nothing of it is verified but the header itself. @throws as `parseArchive`. */
  demand(archive: Uint8Array): Demand {
    return this.demandOf(parseArchive(archive));
  }

  private demandOf({ originalLength, segments, container }: ArchiveHeader): Demand {
    const layout = container && layoutOf(container, segments);
    const networkCalls = segments.reduce((sum, segment, i) => sum + this.callsOf(segment, i, layout), 0);
    return { originalSize: originalLength, networkCalls };
  }

  /** Network calls that a segment needs; 0 also where this server does not have its model, since it will not be decoded. */
  private callsOf({ length, dial, model }: SegmentDescriptor, index: number, layout: Layout | undefined): number {
    const kind = model && this.models.byShortId(model)?.kind;
    if (!kind || !dial || !fits(kind, dial, layout)) return 0;
    return kind.totalCalls(length, dial, layout?.samples?.list[index]?.shape);
  }

  /** All that can be refused before any work: 30 bytes may declare a gigabyte of network calls. */
  private check({ segments, originalLength, container }: ArchiveHeader, archive: Uint8Array): void {
    const rest = container?.file?.rest;
    const parts = [...segments, ...(rest ? [rest] : [])];
    const kinds = parts.map(({ model }) => {
      const known = model && this.models.byShortId(model);
      if (model && !known) throw new UnknownModelError(model);
      return known?.kind;
    });
    const samples = segments.reduce((sum, { length }) => sum + length, 0);
    const declared = Math.max(originalLength, samples, rest?.length ?? 0);
    if (declared > this.maxOriginalSize) throw new DeclaredSizeTooLargeError(declared, this.maxOriginalSize);
    const layout = container && layoutOf(container, segments);
    for (const [index, { method, length, payloadOffset, payloadLength, dial }] of parts.entries()) {
      const kind = kinds[index];
      if (method !== 'ardm' || !kind || !dial) continue;
      if (!fits(kind, dial, parts[index] === rest ? undefined : layout)) {
        throw new UnsupportedFeatureError(
          `an ARDM segment by a model of ${kind.content} where it codes something else`,
        );
      }
      if (length > kind.longestSegment) {
        throw new UnsupportedFeatureError(`an ARDM segment of ${length} bytes, more than ${kind.longestSegment}`);
      }
      const last = payloadLength > 0 ? archive[payloadOffset + payloadLength - 1] : undefined;
      if (payloadLength > longestPayload(length) || last === 0) throw new ChecksumMismatchError(index);
    }
  }

  private async decodeSegment(
    archive: Uint8Array,
    segment: SegmentDescriptor,
    place: Place,
    signal: AbortSignal,
    onCoded: OnCoded,
  ): Promise<Uint8Array> {
    const payload = archive.subarray(segment.payloadOffset, segment.payloadOffset + segment.payloadLength);
    const model = segment.model && this.models.byShortId(segment.model);
    // FORMAT.md, section 11: segments of another kind than bytes do not use it.
    const dictionary = model?.kind.takesConditions ? place.dictionary : undefined;
    const bytes = await this.decodePayload(payload, segment, model, { ...place, dictionary }, signal, onCoded);
    const whole = bytes.length === segment.length;
    if (!whole || segmentCrc(bytes, payload.length, model?.identity, dictionary?.identity) !== segment.crc) {
      throw new ChecksumMismatchError(place.index);
    }
    return bytes;
  }

  private async decodePayload(
    payload: Uint8Array,
    { method, length, dial }: Coding,
    model: CodecModel | undefined,
    { index, dictionary, shape }: Place,
    signal: AbortSignal,
    onCoded: OnCoded,
  ): Promise<Uint8Array> {
    if (model && dial) {
      return await this.coder.decode(model.id, payload, length, dial, signal, onCoded, dictionary, shape);
    }
    if (method === 'stored') return payload;
    try {
      return await brotliDecode(payload, length);
    } catch (error) {
      throw error instanceof BrotliDataError ? new ChecksumMismatchError(index) : error;
    }
  }
}

/** Which segment of an archive, and what the archive continues. */
interface Place {
  readonly index: number;
  readonly dictionary: Dictionary | undefined;
  /** Of a segment of samples that are no bytes. */
  readonly shape: Shape | undefined;
}

/** Whether a model of this kind codes a segment of such samples, or bytes, under such a dial. */
function fits(kind: DialRules, dial: Dial, layout: Layout | undefined): boolean {
  return kind.knows(dial) && (kind.content === 'bytes' || kind.content === layout?.samples?.parts.content);
}

/** The dictionaries that an archive may have been made with; undefined alone where it needs none. @throws UnknownDictionaryError */
async function candidates(
  { dictionary }: ArchiveHeader,
  dictionaries: Dictionaries | undefined,
): Promise<readonly (Dictionary | undefined)[]> {
  if (!dictionary) return [undefined];
  const found = (await dictionaries?.byShortId(dictionary)) ?? [];
  if (found.length === 0) throw new UnknownDictionaryError(dictionary);
  return found;
}
