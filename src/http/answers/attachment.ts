import { fileNameOf } from '../../archive/text.js';

/** Extension of archives (src/archive/FORMAT.md). */
const EXTENSION = '.ardm';

/** For files whose name is not known. */
const UNNAMED = 'data';

/** Name of the archive of a file. */
export function archiveName(original: string | undefined): string {
  return safeName(original) + EXTENSION;
}

/** Name of the file that an archive of this name holds, if it keeps none of its own. */
export function originalName(archive: string | undefined, kept?: string): string {
  if (kept !== undefined) return safeName(kept);
  const name = safeName(archive);
  return name.toLowerCase().endsWith(EXTENSION) ? safeName(name.slice(0, -EXTENSION.length)) : name;
}

/**
 * `Content-Disposition` by which browsers save an answer under `name` (RFC 6266): in ASCII for old clients, and in full,
 * where that differs, as `filename*` (RFC 8187).
 */
export function attachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  const plain = `attachment; filename="${ascii}"`;
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${percentEncode(name)}`;
}

function safeName(name = ''): string {
  return fileNameOf(name) ?? UNNAMED;
}

/** `attr-char` of RFC 8187 stays as it is; encodeURIComponent leaves four characters too many. */
function percentEncode(name: string): string {
  return encodeURIComponent(name).replace(/[*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
