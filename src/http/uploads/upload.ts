import { PassThrough, type Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { UnsupportedContentCodingError, UnsupportedMediaTypeError, UploadTooLargeError } from '../errors.js';
import { BodyMeter, MINIMUM_RATE, type MinimumRate } from './body-meter.js';
import { DigestCheck } from './content-digest.js';
import type { Described } from './kept.js';
import { type Fields, type Form, MAX_ENVELOPE_BYTES, receiveForm } from './multipart.js';
import { Spool } from './spool.js';
import type { UploadGate } from './upload-gate.js';

/** A request's file, complete, in memory or on disk. */
export interface Upload {
  readonly spool: Spool;
  /** Bytes. */
  readonly size: number;
  /** What a form says of it; nothing of a raw body. */
  readonly described: Described;
  /** Parameters that came with it, in its form. */
  readonly fields: Fields;
  /** Bytes of a dictionary that came along. */
  readonly dictionary?: Uint8Array;
}

export interface UploadOptions {
  /** Most bytes of the file. */
  readonly maxBytes: number;
  /** An existing folder, in which each request gets one of its own. */
  readonly folder?: string;
  readonly minimumRate?: MinimumRate;
  /** Names of the parameters that a form may have as fields; none unless told. */
  readonly parameters?: readonly string[];
  /** Most bytes of a dictionary that a form may bring along; none unless told. */
  readonly dictionaryBytes?: number;
  /** Name of parts, as many as there are, that a form has in place of the file. */
  readonly samples?: string;
  /** What all requests together may use. */
  readonly gate?: UploadGate;
}

/** What came with a body that is no form. */
const RAW: Form = { described: {}, fields: new Map() };

/**
 * Receives a request's file, raw or in a form, hands it to `use`, and removes it when that is done.
 *
 * @throws the errors of 400, 408, 413, 415 and 507 in errors.ts, and TooManyUploadsError.
 */
export async function withUpload(
  req: Request,
  res: Response,
  options: UploadOptions,
  use: (upload: Upload) => Promise<void>,
): Promise<void> {
  const check = checkHeaders(req, options);
  const spool = new Spool(declaredLength(req), options.folder);
  try {
    const form = await receive(req, res, options, check, (file) => spool.receive(file));
    await use({ ...form, spool, size: spool.size });
  } finally {
    await spool.dispose();
  }
}

/**
 * Receives a request's file without keeping it: its bytes go to `sink` as they come, which must read them all or reject.
 *
 * @returns what came with the file, when the sink has all of it and it fits its Content-Digest.
 * @throws as `withUpload`, and what `sink` throws. The sink's source fails then, if it has not ended.
 */
export async function streamUpload(
  req: Request,
  res: Response,
  options: UploadOptions,
  sink: (file: Readable) => Promise<void>,
): Promise<Form> {
  return await receive(req, res, options, checkHeaders(req, options), sink);
}

interface HeaderCheck {
  readonly form: boolean;
  readonly digests: DigestCheck;
  /** Most bytes of the body. */
  readonly maxBody: number;
}

/** All that can be refused before the body is asked for. */
function checkHeaders(req: Request, { maxBytes, dictionaryBytes = 0 }: UploadOptions): HeaderCheck {
  checkMediaType(req);
  const form = isForm(req);
  const digests = new DigestCheck(req.get('content-digest'));
  const maxBody = maxBytes + (form ? MAX_ENVELOPE_BYTES + dictionaryBytes : 0);
  if ((declaredLength(req) ?? 0) > maxBody) throw new UploadTooLargeError(maxBytes);
  return { form, digests, maxBody };
}

async function receive(
  req: Request,
  res: Response,
  { maxBytes, minimumRate = MINIMUM_RATE, gate, parameters = [], dictionaryBytes, samples }: UploadOptions,
  { form, digests, maxBody }: HeaderCheck,
  sink: (file: Readable) => Promise<void>,
): Promise<Form> {
  const leave = await gate?.enter(declaredLength(req));
  // The client that asks first (Expect: 100-continue) has been refused above, or is now asked for its body.
  if (expectsContinue(req)) res.writeContinue();
  const meter = new BodyMeter(req, { bytes: maxBody, reported: maxBytes }, digests, minimumRate);
  let source: Readable | undefined;
  const opened = (file: Readable): Promise<void> => {
    source = file;
    return sink(file);
  };
  const receiving = form
    ? receiveForm(req, res, { maxBytes, parameters, dictionaryBytes, samples }, opened)
    : receiveRaw(req, opened);
  try {
    const received = await Promise.race([receiving, meter.failure]);
    digests.verify();
    return received;
  } catch (error) {
    // The sink waits for bytes that will not come.
    source?.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  } finally {
    // The other one may fail, too, when the request is torn down.
    receiving.catch(() => {});
    meter.stop();
    req.unpipe();
    leave?.();
  }
}

/** Of an older client nobody knows what it makes of an answer before the answer (RFC 9110, 10.1.1). */
function expectsContinue(req: Request): boolean {
  return req.httpVersion !== '1.0' && /^100-continue$/i.test(req.get('expect') ?? '');
}

function checkMediaType(req: Request): void {
  const coding = req.get('content-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'identity') throw new UnsupportedContentCodingError();
  const type = mediaType(req);
  if (type.startsWith('multipart/') && !isForm(req)) throw new UnsupportedMediaTypeError(type);
}

/** Whether the body is a form: the file in one of its fields, and parameters in others. */
export function isForm(req: Request): boolean {
  return mediaType(req) === 'multipart/form-data';
}

function mediaType(req: Request): string {
  return (req.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

async function receiveRaw(req: Request, sink: (file: Readable) => Promise<void>): Promise<Form> {
  const file = new PassThrough();
  // Not pipeline(req, file): it destroys the request when the file fails, and with it the chance of an answer.
  req.pipe(file);
  // Destroyed before anybody reads it, it would bring the process down.
  file.on('error', () => {});
  await sink(file);
  return RAW;
}

/** Bytes of the body, where the request says so. */
export function declaredLength(req: Request): number | undefined {
  const header = req.get('content-length');
  return header === undefined ? undefined : Number(header);
}
