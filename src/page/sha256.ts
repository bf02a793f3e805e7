import { sha256 as computed } from '@noble/hashes/sha2.js';

/**
 * SHA-256 of bytes in hexadecimal. Browsers compute it themselves, but not for pages that came over HTTP from another machine;
 * then a library does.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = globalThis.isSecureContext
    ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    : computed(bytes);
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
