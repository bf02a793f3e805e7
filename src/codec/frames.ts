import { ChecksumMismatchError } from '../archive/errors.js';
import { type Frame, type FrameSetting, frameCheck, parseFrame, writeFrame } from '../archive/frame.js';
import { inScope } from './abandon.js';
import type { SegmentCoder } from './coder.js';
import type { Dictionary } from './dictionary.js';
import {
  ContentNotForModelError,
  DeclaredSizeTooLargeError,
  DictionaryNotForModelError,
  RecordTooLongError,
} from './errors.js';
import { type CallsOption, type CodecModel, callsOf } from './models.js';

/** What whoever uses bare frames says on both sides. */
export interface FrameOptions {
  readonly model: CodecModel;
  readonly calls: CallsOption;
  readonly dictionary?: Dictionary | undefined;
  readonly signal: AbortSignal;
}

/** Bare frames: records of which there are so many that an archive's header would be too much for each. */
export class FrameCodec {
  constructor(private readonly coder: SegmentCoder) {}

  /**
   * @throws RecordTooLongError, ContentNotForModelError, DictionaryNotForModelError, and WorkAbandoned (or the signal's reason) when aborted.
   */
  async compress(record: Uint8Array, options: FrameOptions): Promise<Uint8Array> {
    const { model, dictionary, signal } = options;
    const setting = settingOf(options);
    if (record.length > model.kind.longestSegment) {
      throw new RecordTooLongError(record.length, model.kind.longestSegment);
    }
    const dial = model.kind.dial(setting.calls, record.length);
    const coded = await inScope(signal, (scope) =>
      this.coder.encode(model.id, record, dial, scope, undefined, dictionary),
    );
    const stored = coded.length >= record.length;
    const payload = stored ? record : coded;
    const check = frameCheck(record, payload.length, setting);
    return writeFrame({ length: record.length, stored, check, payload });
  }

  /**
   * @throws TruncatedArchiveError, DamagedHeaderError, DeclaredSizeTooLargeError before any decoding; ChecksumMismatchError where anything
   *   is not as it was when the frame was made; DictionaryNotForModelError; WorkAbandoned (or the signal's reason) when aborted.
   */
  async decompress(bytes: Uint8Array, options: FrameOptions): Promise<Uint8Array> {
    const setting = settingOf(options);
    const frame = parseFrame(bytes);
    const { length, payload } = frame;
    const most = options.model.kind.longestSegment;
    if (length > most) throw new DeclaredSizeTooLargeError(length, most);
    const original = frame.stored ? payload : await this.decode(frame, setting, options);
    if (original.length !== length || frameCheck(original, payload.length, setting) !== frame.check) {
      throw new ChecksumMismatchError(0);
    }
    return original;
  }

  private async decode(
    { length, payload }: Frame,
    setting: FrameSetting,
    { model, dictionary, signal }: FrameOptions,
  ): Promise<Uint8Array> {
    // No writer makes these: it would have stored the record, or ended the payload sooner.
    if (payload.length >= length || payload.at(-1) === 0) throw new ChecksumMismatchError(0);
    const dial = model.kind.dial(setting.calls, length);
    return await inScope(signal, (scope) =>
      this.coder.decode(model.id, payload, length, dial, scope, undefined, dictionary),
    );
  }
}

function settingOf({ model, calls, dictionary }: FrameOptions): FrameSetting {
  if (model.kind.content !== 'bytes') {
    throw new ContentNotForModelError(model.id, model.kind.content, 'a bare frame holds bytes');
  }
  if (dictionary && !model.kind.takesConditions) throw new DictionaryNotForModelError(model.id);
  return {
    modelIdentity: model.identity,
    dictionaryIdentity: dictionary?.identity,
    calls: callsOf(model, calls),
  };
}
