import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { RequestHandler } from 'express';

/** A text in the codings that clients may accept. */
export type Codings = Readonly<Record<'br' | 'gzip', () => Promise<Buffer>>>;

/**
 * Answers with a text that is the same as long as the server runs, in the coding that the client likes best of those that it accepts
 * (RFC 9110, 12.5.3).
 *
 * @param types its media types, the best first; the last is for whoever accepts none of them.
 * @param codings of the same text; each is made once, when it is asked for first, where they are not given.
 */
export function constantText(
  types: readonly [string, ...string[]],
  text: string,
  codings: Codings = codingsOf(Buffer.from(text)),
): RequestHandler {
  const identity = Buffer.from(text);
  return async (req, res) => {
    res.vary('Accept, Accept-Encoding');
    const accepted = req.acceptsEncodings('br', 'gzip', 'identity');
    // Who accepts none of them is sent the text as it is.
    const coding = accepted === 'br' || accepted === 'gzip' ? accepted : undefined;
    const body = coding === undefined ? identity : await codings[coding]();
    if (coding !== undefined) res.setHeader('Content-Encoding', coding);
    res.setHeader('Content-Type', req.accepts([...types]) || (types.at(-1) as string));
    res.setHeader('Content-Length', body.length);
    res.end(body);
  };
}

function codingsOf(text: Buffer): Codings {
  return {
    br: once(() => promisify(brotliCompress)(text)),
    gzip: once(() => promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION })),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
