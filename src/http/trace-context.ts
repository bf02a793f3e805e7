/** Where a request belongs in a trace that another system keeps (W3C Trace Context, 3.2). */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all of them 0. */
  readonly traceId: string;
  /** The header as it came, to be passed on. */
  readonly traceparent: string;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const LONGEST = 256;

/**
 * Reads the header `traceparent`. One that breaks the rules is as good as none (4.3): lower case only, version not ff, ids
 * not all 0, nothing after the flags in version 00; what a later version adds after another hyphen is ignored. Two headers,
 * which Node joins by a comma, are none either.
 *
 * The service opens no spans of its own, so it passes the header on as it is, to logs and to jobs. Answers carry none:
 * the standard defines it for requests.
 */
export function readTraceparent(header: string | undefined): TraceContext | undefined {
  if (header === undefined || header.length > LONGEST) return undefined;
  const [, version, traceId, parentId, , more] = FORM.exec(header) ?? [];
  if (version === undefined || traceId === undefined || parentId === undefined) return undefined;
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, traceparent: header.slice(0, 55) };
}
