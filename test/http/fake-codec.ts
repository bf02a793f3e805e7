import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { NotAnArchiveError, TruncatedArchiveError } from '../../src/archive/errors.js';
import type { Kept, SampleOptions } from '../../src/codec/codec.js';
import type { Said } from '../../src/codec/contained.js';
import type { Estimate, EstimateOptions } from '../../src/codec/estimate.js';
import { FrameCodec } from '../../src/codec/frames.js';
import type { ArchiveInfo } from '../../src/codec/inspect.js';
import type { CodecModel } from '../../src/codec/models.js';
import type { CompressionCodec } from '../../src/http/ports.js';

import { codecModel, FakeCoder } from '../codec/fakes.js';

const MAGIC = Buffer.from('FAKE');

/** A codec without a network: magic, length of the original in 4 bytes, brotli. Can be held to see requests at work. */
export class FakeCodec implements CompressionCodec {
  /** Calls that are being worked on. */
  working = 0;
  /** Most of them at a time. */
  mostWorking = 0;
  /** Reasons of the signals that stopped work. */
  readonly stopped: unknown[] = [];
  /** What `compress` was asked for, in order. */
  readonly asked: ({ calls: number | string; model: string; length: number; keep?: Kept } & Said)[] = [];
  /** What decoding any archive is said to take. */
  networkCalls = 0;
  /** Thrown in place of an answer. */
  failure: Error | undefined;
  readonly frames = new FrameCodec(new FakeCoder(() => 0.5));
  private held: Promise<void> | undefined;

  /** Work stands still until the function returned is called. */
  hold(): () => void {
    let release = (): void => {};
    this.held = new Promise((resolve) => {
      release = () => {
        this.held = undefined;
        resolve();
      };
    });
    return release;
  }

  async compress(
    input: Uint8Array,
    {
      calls,
      model,
      keep,
      pixels,
      pcm,
      signal,
    }: Said & { calls: number | string; model: string; keep?: Kept; signal: AbortSignal },
  ): Promise<{ archive: Uint8Array; model: string; calls: number | null }> {
    this.asked.push({
      calls,
      model,
      length: input.length,
      ...(keep && { keep }),
      ...(pixels && { pixels }),
      ...(pcm && { pcm }),
    });
    await this.work(signal);
    const archive = fakeArchive(input, input.length, keep);
    if (model === 'auto') return { archive, model: 'brotli', calls: null };
    return { archive, model, calls: Number(calls) || 85 };
  }

  async decompress(archive: Uint8Array, { signal }: { signal: AbortSignal }): Promise<Uint8Array> {
    this.inspect(archive);
    await this.work(signal);
    try {
      return brotliDecompressSync(archive.subarray(keptAt(archive).end));
    } catch {
      throw new TruncatedArchiveError('the fake cannot decode it');
    }
  }

  /** Of a ladder of one rung: what `compress` would make. */
  async estimate(input: Uint8Array, options: EstimateOptions): Promise<Estimate> {
    const { calls, model, detail } = options;
    const { archive, model: by } = await this.compress(input, options);
    const bytes = archive.length;
    const rung = { calls: Number(calls) || 85, names: ['balanced'], model: by, networkCalls: 1 } as const;
    const seconds = { compressSeconds: 0.5, decompressSeconds: 0.25 };
    return {
      originalBytes: input.length,
      model: model === 'auto' ? 'text-1' : model,
      kind: 'context',
      exact: true,
      ladder: [{ ...rung, bytes, lowest: bytes, highest: bytes, ...seconds }],
      peers: [{ name: 'brotli -q 11', bytes }],
      ...(detail && { detail: { calls: 85, bits: [...input].map(() => 1.5), call: [...input.keys()] } }),
    };
  }

  /** Says what was asked for, as often as there is room. */
  async sample({ model, calls, seed, length, signal }: SampleOptions): Promise<Uint8Array> {
    await this.work(signal);
    return Buffer.alloc(length, `${model} ${calls} ${seed} `);
  }

  modelOf(id: string): CodecModel {
    return codecModel(id === 'auto' ? 'text-1' : id);
  }

  demand(archive: Uint8Array): { originalSize: number; networkCalls: number } {
    return { originalSize: this.inspect(archive).originalSize, networkCalls: this.networkCalls };
  }

  inspect(archive: Uint8Array): ArchiveInfo {
    const bytes = Buffer.from(archive);
    if (!bytes.subarray(0, 4).equals(MAGIC)) throw new NotAnArchiveError();
    if (bytes.length < 8) throw new TruncatedArchiveError('inside the length');
    const sizes = { originalSize: bytes.readUInt32LE(4), compressedSize: bytes.length };
    return {
      version: 1,
      ...sizes,
      ...keptAt(bytes).kept,
      segments: [{ method: 'brotli', model: null, modelIdentity: null, schedule: null, calls: null, ...sizes }],
    };
  }

  private async work(signal: AbortSignal): Promise<void> {
    this.working++;
    this.mostWorking = Math.max(this.mostWorking, this.working);
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        this.stopped.push(signal.reason);
        resolve();
      });
    });
    try {
      await Promise.race([this.held, aborted]);
      if (this.failure) throw this.failure;
      signal.throwIfAborted();
    } finally {
      this.working--;
    }
  }
}

/** @param declared length that the header says. */
export function fakeArchive(original: Uint8Array, declared = original.length, keep: Kept = {}): Buffer {
  const header = Buffer.alloc(8);
  MAGIC.copy(header);
  header.writeUInt32LE(declared, 4);
  const kept = JSON.stringify(keep);
  return Buffer.concat([header, Buffer.from(kept === '{}' ? '' : `${kept}\n`), brotliCompressSync(original)]);
}

/** A line of JSON before the coded bytes, which never begin with a brace here. */
function keptAt(archive: Uint8Array): { kept: Kept; end: number } {
  const end = archive[8] === 0x7b ? archive.indexOf(0x0a) + 1 : 8;
  return { kept: end === 8 ? {} : (JSON.parse(Buffer.from(archive.subarray(8, end)).toString()) as Kept), end };
}
