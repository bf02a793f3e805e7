/** Extension of archives (src/archive/FORMAT.md). */
const EXTENSION = '.ardm';

/** For files whose name is not known. */
const UNNAMED = 'data';

/** Longest name, in UTF-8 bytes, that file systems take, with room for the extension. */
const MAX_BYTES = 240;

/** Name of the archive of a file. */
export function archiveName(original: string | undefined): string {
  return safeName(original) + EXTENSION;
}

/** Name of the file that an archive holds. */
export function originalName(archive: string | undefined): string {
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

/** What is left of a client's name: no folders, no control characters, no lone surrogates, not too long, not empty. */
function safeName(name = ''): string {
  const wellFormed = Buffer.from(name, 'utf8').toString('utf8');
  const last = wellFormed.split(/[/\\]/).at(-1) ?? '';
  // Cc: controls; Cf: invisible ones that turn the direction of writing and so hide an extension.
  const visible = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim();
  const short = shortened(visible);
  return short === '' || short === '.' || short === '..' ? UNNAMED : short;
}

function shortened(name: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_BYTES) break;
    kept += character;
  }
  return kept;
}

/** `attr-char` of RFC 8187 stays as it is; encodeURIComponent leaves four characters too many. */
function percentEncode(name: string): string {
  return encodeURIComponent(name).replace(/[*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
