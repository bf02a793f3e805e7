import { createHash } from 'node:crypto';
import type { Dial } from '../../src/archive/types.js';
import type { Shape } from '../../src/ardm/kind.js';
import type { Trace } from '../../src/ardm/segment.js';
import { CONTEXT_MODELS } from '../../src/bytes/kind.js';
import { throwIfAbandoned } from '../../src/codec/abandon.js';
import type { Condition, OnCoded, SegmentCoder } from '../../src/codec/coder.js';
import type { CodecModel, CodecModels } from '../../src/codec/models.js';

export interface CoderCall {
  readonly operation: 'encode' | 'decode';
  readonly modelId: string;
  readonly length: number;
  readonly dial: Dial;
  readonly signal: AbortSignal;
  /** Id of what it continued. */
  readonly condition?: string | undefined;
  /** Of what is no line of bytes. */
  readonly shape?: Shape | undefined;
}

/**
 * A coder without a network, in the same thread: it keeps what it is given under a key, and the key, filled up to a
 * share of the length (half of it where there is a condition), is the payload. It tells once that half of the segment is coded. Decoding anything else gives zeros, as a real one
 * gives wrong bytes; of a payload that is shorter than `cutBelow`, fewer of them.
 */
export class FakeCoder implements SegmentCoder {
  readonly calls: CoderCall[] = [];
  readonly size = 2;
  private readonly kept = new Map<string, Uint8Array>();

  /** @param rate payload bytes per original byte, by the content of the segment and the model's id. */
  constructor(
    private readonly rate: (bytes: Uint8Array, modelId: string) => number,
    private readonly cutBelow = 0,
  ) {}

  async encode(
    modelId: string,
    bytes: Uint8Array,
    dial: Dial,
    signal: AbortSignal,
    onProgress?: OnCoded,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Uint8Array> {
    throwIfAbandoned(signal);
    onProgress?.(Math.floor(bytes.length / 2));
    this.calls.push({
      operation: 'encode',
      modelId,
      length: bytes.length,
      dial,
      signal,
      condition: condition?.id,
      shape,
    });
    const key = createHash('sha256')
      .update(`${modelId} ${dial.schedule} ${dial.calls} ${condition?.id} ${shape}`)
      .update(bytes)
      .digest();
    // No payload ends in a zero.
    const payload = new Uint8Array(Math.round((this.rate(bytes, modelId) * bytes.length) / (condition ? 2 : 1))).fill(
      1,
    );
    payload.set(key.subarray(0, Math.max(0, payload.length - 1)));
    this.kept.set(this.name(modelId, payload, dial, condition, shape), Uint8Array.from(bytes));
    return payload;
  }

  async decode(
    modelId: string,
    payload: Uint8Array,
    length: number,
    dial: Dial,
    signal: AbortSignal,
    onProgress?: OnCoded,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Uint8Array> {
    throwIfAbandoned(signal);
    onProgress?.(Math.floor(length / 2));
    this.calls.push({ operation: 'decode', modelId, length, dial, signal, condition: condition?.id, shape });
    const found = this.kept.get(this.name(modelId, payload, dial, condition, shape));
    if (payload.length < this.cutBelow) return new Uint8Array(length - 1);
    return found?.length === length ? found : new Uint8Array(length);
  }

  /** Every byte takes as much, and a call of its own. */
  async trace(
    modelId: string,
    bytes: Uint8Array,
    dial: Dial,
    signal: AbortSignal,
    condition?: Condition,
  ): Promise<Trace> {
    const { length } = await this.encode(modelId, bytes, dial, signal, undefined, condition);
    const bits = new Float32Array(bytes.length).fill((8 * length) / bytes.length);
    return { bits, calls: Uint32Array.from(bytes, (_, i) => i) };
  }

  private name(
    modelId: string,
    payload: Uint8Array,
    { schedule, calls }: Dial,
    condition?: Condition,
    shape?: Shape,
  ): string {
    return `${modelId} ${schedule} ${calls} ${condition?.id} ${shape} ${Buffer.from(payload).toString('base64')}`;
  }
}

export function codecModel(id: string, firstBytes: readonly [number, number] = [1, 2]): CodecModel {
  const identity = new Uint8Array(32).fill(7);
  identity.set(firstBytes);
  return { id, identity, kind: CONTEXT_MODELS, presets: { fast: 16, balanced: 85, small: 1024 } };
}

export class FakeModels implements CodecModels {
  constructor(private readonly models: readonly CodecModel[]) {}

  byId(id: string): CodecModel | undefined {
    return this.models.find((model) => model.id === id);
  }

  byShortId(shortId: Uint8Array): CodecModel | undefined {
    return this.models.find(({ identity }) => identity[0] === shortId[0] && identity[1] === shortId[1]);
  }

  list(): readonly CodecModel[] {
    return this.models;
  }
}
