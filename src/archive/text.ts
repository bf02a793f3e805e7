/** Longest name that an archive has room for, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255;

/** Longest media type, in bytes. */
export const MAX_MEDIA_TYPE_BYTES = 127;

/** Longest name that a writer keeps: what file systems take, with room for the extension of archives. */
const KEPT_NAME_BYTES = 240;

/** Written out, not by Unicode's categories: what a reader accepts must not change with the tables that it runs with. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const NOT_IN_A_NAME = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/u;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = `; ${TOKEN}=(?:${TOKEN}|"(?:[ !#-\\[\\]-~]|\\\\[ -~])*")`;
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:${PARAMETER})*$`);

/** Whether an archive may give its file this name (FORMAT.md, section 11). */
export function isFileName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || NOT_IN_A_NAME.test(name)) return false;
  const utf8 = Buffer.from(name);
  // A lone surrogate has no UTF-8.
  return utf8.length <= MAX_NAME_BYTES && utf8.toString() === name;
}

/** Whether an archive may give its file this media type. */
export function isMediaType(type: string): boolean {
  return type.length <= MAX_MEDIA_TYPE_BYTES && MEDIA_TYPE.test(type);
}

/**
 * What is left of a name from anybody when it is made one that an archive, a header and a file system take: no folders, no control
 * or invisible characters, no lone surrogates, not too long. Undefined if that is nothing.
 */
export function fileNameOf(name: string): string | undefined {
  const wellFormed = Buffer.from(name, 'utf8').toString('utf8');
  const last = wellFormed.split(/[/\\]/).at(-1) ?? '';
  // Cc: controls; Cf: invisible ones that turn the direction of writing and so hide an extension.
  const visible = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim();
  const short = shortened(visible);
  return short === '' || short === '.' || short === '..' ? undefined : short;
}

function shortened(name: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > KEPT_NAME_BYTES) break;
    kept += character;
  }
  return kept;
}
