import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const FOLDERS = ['docs', 'deploy', 'models', 'src', 'test'];

/** Paths of all documents, from the root of the repository, with slashes. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      // `.head.md` is what a script begins another document with.
      .filter((path) => path.endsWith('.md') && !path.endsWith('.head.md'))
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .sort(),
  ),
];

/** The documents for whoever uses or runs the service: what they name must be there under that name. */
export const PAGES = DOCUMENTS.filter((path) => /^(README\.md|docs\/|deploy\/)/.test(path));

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const FENCE = /^ {0,3}(```+|~~~+) *(\w*).*\n([\s\S]*?)^ {0,3}\1 *$/gm;

/** The text of all blocks of code in one language. */
export function blocksOf(document: string, language: string): string[] {
  return [...document.matchAll(FENCE)].filter((match) => match[2] === language).map((match) => match[3] ?? '');
}

/** What is set as code within sentences. */
export function spansOf(document: string): string[] {
  return [...withoutBlocks(document).matchAll(/(`+)([^`]+)\1/g)].map((match) => (match[2] ?? '').trim());
}

/** Targets of all links and images, of those by reference too. */
export function linksOf(document: string): string[] {
  const prose = withoutBlocks(document).replace(/(`+)[^`]+\1/g, 'code');
  const inline = /\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g;
  const reference = /^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm;
  return [...prose.matchAll(inline), ...prose.matchAll(reference)].map((match) => match[1] ?? '');
}

/** Anchors of the headings, as GitHub makes them. */
export function anchorsOf(document: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutBlocks(document).matchAll(/^#{1,6} +(.+?)[ #]*$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

function withoutBlocks(document: string): string {
  return document.replace(FENCE, '');
}
