import { finished } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { BodyMeter, MINIMUM_RATE, type MinimumRate } from './body-meter.js';
import { DigestCheck } from './content-digest.js';
import { UnsupportedContentCodingError, UnsupportedMediaTypeError, UploadTooLargeError } from './errors.js';
import { MAX_ENVELOPE_BYTES, receiveForm } from './multipart.js';
import { Spool } from './spool.js';
import type { UploadGate } from './upload-gate.js';

/** A request's file, complete and on disk. */
export interface Upload {
  readonly spool: Spool;
  /** Bytes. */
  readonly size: number;
  /** The client's name for it, if it gave one. */
  readonly name: string | undefined;
}

export interface UploadOptions {
  /** Most bytes of the file. */
  readonly maxBytes: number;
  /** An existing folder, in which each request gets one of its own. */
  readonly folder?: string;
  readonly minimumRate?: MinimumRate;
  /** What all requests together may use. */
  readonly gate?: UploadGate;
}

/**
 * Receives a request's file, raw or as the one field of a form, hands it to `use`, and removes it when that is done.
 *
 * @throws the errors of 400, 408, 413, 415 and 507 in errors.ts, and TooManyUploadsError.
 */
export async function withUpload(
  req: Request,
  res: Response,
  options: UploadOptions,
  use: (upload: Upload) => Promise<void>,
): Promise<void> {
  const isForm = checkMediaType(req);
  const digests = new DigestCheck(req.get('content-digest'));
  const maxBody = options.maxBytes + (isForm ? MAX_ENVELOPE_BYTES : 0);
  if ((declaredLength(req) ?? 0) > maxBody) throw new UploadTooLargeError(options.maxBytes);
  const leave = await options.gate?.enter(declaredLength(req));
  let spool: Spool | undefined;
  try {
    spool = await Spool.create(options.folder);
    // The client that asks first (Expect: 100-continue) has been refused above, or is now asked for its body.
    if (/^100-continue$/i.test(req.get('expect') ?? '')) res.writeContinue();
    const limits = { bytes: maxBody, reported: options.maxBytes };
    const meter = new BodyMeter(req, limits, digests, options.minimumRate ?? MINIMUM_RATE);
    const receiving = isForm ? receiveForm(req, res, spool, options.maxBytes) : receiveRaw(req, spool);
    let name: string | undefined;
    try {
      name = await Promise.race([receiving, meter.failure]);
    } finally {
      // The other one may fail, too, when the request is torn down.
      receiving.catch(() => {});
      meter.stop();
      req.unpipe();
    }
    leave?.();
    digests.verify();
    await use({ spool, size: await spool.uploadSize(), name });
  } finally {
    leave?.();
    await spool?.dispose();
  }
}

/** @returns whether the body is a form. */
function checkMediaType(req: Request): boolean {
  const coding = req.get('content-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'identity') throw new UnsupportedContentCodingError();
  const type = (req.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return true;
  if (type.startsWith('multipart/')) throw new UnsupportedMediaTypeError(type);
  return false;
}

async function receiveRaw(req: Request, spool: Spool): Promise<undefined> {
  const file = spool.openUpload();
  // Not pipeline(req, file): it destroys the request when the file fails, and with it the chance of an answer.
  req.pipe(file);
  await finished(file);
  return undefined;
}

/** Bytes of the body, where the request says so. */
export function declaredLength(req: Request): number | undefined {
  const header = req.get('content-length');
  return header === undefined ? undefined : Number(header);
}
