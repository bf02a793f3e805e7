import { SETTINGS } from '../../src/config.js';

const BEGIN = '<!-- settings: made by `npm run docs` from src/config.ts -->';
const END = '<!-- /settings -->';

interface Described {
  readonly about: string;
  readonly allowed: string;
  readonly fallback: string;
  readonly fallbackInWords?: string;
}

/** The settings as a table in Markdown: the same on every machine. */
export function settingsTable(settings: Readonly<Record<string, Described>> = SETTINGS): string {
  const rows = Object.entries(settings).map(([name, { about, allowed, fallback, fallbackInWords }]) => {
    const usual = fallbackInWords ?? (fallback === '' ? 'empty' : `\`${fallback}\``);
    return [`\`${name}\``, usual, allowed, about];
  });
  return [['variable', 'default', 'allowed', 'what it sets'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** The text of a document with the table between its two marks. @throws if it has not both, in order. */
export function withTable(document: string, table: string = settingsTable()): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin)
    throw new Error(`The document must have ${BEGIN} and ${END}, each on a line of its own.`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${document.slice(end)}`;
}
