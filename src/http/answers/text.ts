import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { RequestHandler } from 'express';

/**
 * Answers with a text that is the same as long as the server runs, in the coding that the client likes best of those that it accepts
 * (RFC 9110, 12.5.3). Each coding is made once, when it is asked for first.
 *
 * @param types its media types, the best first; the last is for whoever accepts none of them.
 */
export function constantText(types: readonly [string, ...string[]], text: string): RequestHandler {
  const identity = Buffer.from(text);
  const codings = {
    br: once(() => promisify(brotliCompress)(identity)),
    gzip: once(() => promisify(gzip)(identity, { level: constants.Z_BEST_COMPRESSION })),
  };
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

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
