import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { HttpVersionNotSupportedError, MalformedRequestError, UnsupportedTransferCodingError } from '../errors.js';

/**
 * Headers that say one thing. Node keeps the first of several, and a proxy may keep the last: whoever sends two could have them
 * read differently by each.
 */
const SINGLE: ReadonlySet<string> = new Set(['host', 'content-type', 'authorization']);

/** A name or an address, and a port (RFC 3986, 3.2.2); empty for a target that has none. */
const HOST = /^(\[[0-9A-Fa-f:.]+\]|([A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(:\d*)?$/;

/**
 * What HTTP itself asks of a request (RFC 9110, RFC 9112) and Node's parser lets pass.
 *
 * @throws HttpVersionNotSupportedError, MalformedRequestError, UnsupportedTransferCodingError
 */
export function httpRules(): RequestHandler {
  return (req, _res, next) => {
    checkVersion(req);
    checkSingleHeaders(req);
    checkHost(req);
    checkTransferCoding(req);
    checkTarget(req);
    next();
  };
}

function checkVersion({ httpVersion }: IncomingMessage): void {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') throw new HttpVersionNotSupportedError();
}

function checkSingleHeaders({ rawHeaders }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (SINGLE.has(name) && seen.has(name)) throw new MalformedRequestError(`it has more than one header ${name}`);
    seen.add(name);
  }
}

/** Node would answer the first of these, but not with a problem document (HttpService switches that off). */
function checkHost({ httpVersion, headers: { host } }: IncomingMessage): void {
  if (host === undefined && httpVersion === '1.1') throw new MalformedRequestError('it has no Host');
  if (host !== undefined && !HOST.test(host)) throw new MalformedRequestError('its Host is not a host');
}

/** Without a coding that is known nobody can tell where a body ends, or what it is. */
function checkTransferCoding({ httpVersion, headers }: IncomingMessage): void {
  const header = headers['transfer-encoding'];
  if (header === undefined) return;
  const codings = header.split(',').map((coding) => coding.trim().toLowerCase());
  // RFC 9112, 6.1: proxies of that time pass it on and do not know what it means.
  if (httpVersion === '1.0') throw new MalformedRequestError('HTTP/1.0 has no Transfer-Encoding');
  if (codings.some((coding) => coding !== 'chunked' && coding !== '')) throw new UnsupportedTransferCodingError();
  if (codings.length !== 1 || codings[0] === '')
    throw new MalformedRequestError('its Transfer-Encoding is not one coding');
}

function checkTarget({ method, url = '' }: IncomingMessage): void {
  if (url === '*' && method !== 'OPTIONS') throw new MalformedRequestError(`the target * is not for ${method}`);
  if (url.includes('#')) throw new MalformedRequestError('its target has a fragment');
}
