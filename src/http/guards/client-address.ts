import { isIP, isIPv4, SocketAddress } from 'node:net';
import type { Request } from 'express';

/**
 * Whose request it is by address, in one spelling. Balancers write addresses in many forms into X-Forwarded-For: with a port,
 * in brackets, in quotes, with a zone, IPv4 as IPv6. What is no address at all is not believed: then it is the address that
 * the connection comes from.
 */
export function clientAddress(req: Request): string {
  return canonical(req.ip ?? '') ?? canonical(req.socket.remoteAddress ?? '') ?? '';
}

/** IPv4 in dots, IPv6 in RFC 5952's form without its zone; undefined if it is neither. */
export function canonical(text: string): string | undefined {
  const bare = withoutPort(text.trim().replace(/^"(.*)"$/, '$1')).replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return undefined;
  const address = family === 4 ? bare : new SocketAddress({ address: bare, family: 'ipv6' }).address.toLowerCase();
  const embedded = /^::ffff:([\d.]+)$/.exec(address)?.[1];
  return embedded !== undefined && isIPv4(embedded) ? embedded : address;
}

/** Of `[address]:port`, `[address]`, and `address:port` where the address is IPv4 or has all of its eight groups. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^(.*[\d.]{7,15}|(?:[\da-f]{1,4}:){7}[\da-f]{1,4}):\d*$/i.exec(text)?.[1] ?? text;
}
