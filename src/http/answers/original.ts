import type { Response } from 'express';
import type { Kept } from '../../codec/codec.js';
import { attachment, originalName } from './attachment.js';

/**
 * Names an original and its type: those that its archive kept, else the archive's own name without the extension, and bytes.
 *
 * A kept type is whatever a client said, `text/html` too, and is answered from the origin of the service. So it comes as an attachment,
 * which browsers save and do not show, and with a policy under which a page would be one of no origin that runs and loads nothing.
 */
export function describeOriginal(res: Response, { name, mediaType }: Kept, uploaded: string | undefined): void {
  res.setHeader('Content-Type', mediaType ?? 'application/octet-stream');
  if (mediaType !== undefined) res.setHeader('Content-Security-Policy', SANDBOX);
  res.setHeader('Content-Disposition', attachment(originalName(uploaded, name)));
}

const SANDBOX = "default-src 'none';frame-ancestors 'none';sandbox";
