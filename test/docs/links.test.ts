import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { anchorsOf, DOCUMENTS, linksOf, ROOT, read, spansOf } from './markdown.js';

/** What is wrong with a link of a document; undefined if it leads somewhere. */
function fault(document: string, link: string): string | undefined {
  if (/^https?:\/\/\S+\.\S+$/.test(link)) return undefined;
  if (/^\w+:/.test(link) || link.startsWith('/')) return `${document}: ${link} is not relative`;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : posix.join(posix.dirname(document), decodeURIComponent(path));
  if (target.startsWith('../')) return `${document}: ${link} leads out of the repository`;
  if (!existsSync(join(ROOT, target))) return `${document}: ${link} is not there`;
  if (anchor === undefined) return undefined;
  return anchorsOf(target.endsWith('.md') ? read(target) : '').includes(anchor)
    ? undefined
    : `${document}: ${link} has no such heading`;
}

/** Paths that a document sets as code, from its own folder or from the root. */
function pathsOf(document: string): string[] {
  return spansOf(document).filter((span) =>
    /^((src|test|docs|deploy|scripts|models)\/[\w./-]+|[\w./-]+\.md)$/.test(span),
  );
}

describe('the documents', () => {
  it('have links that lead somewhere', () => {
    const faults = DOCUMENTS.flatMap((document) => linksOf(read(document)).map((link) => fault(document, link)));
    assert.ok(faults.length > 100);
    assert.deepEqual(
      faults.filter((found) => found !== undefined),
      [],
    );
  });

  it('name only files and folders that are there', () => {
    const missing = DOCUMENTS.flatMap((document) =>
      pathsOf(document)
        .filter((path) => ![ROOT, join(ROOT, dirname(document))].some((folder) => existsSync(join(folder, path))))
        .map((path) => `${document}: ${path} is not there`),
    );
    assert.deepEqual(missing, []);
  });

  it('can all be reached from the README', () => {
    const reached = new Set<string>();
    const follow = (document: string): void => {
      if (reached.has(document)) return;
      reached.add(document);
      for (const link of linksOf(read(document))) {
        const target = posix.join(posix.dirname(document), link.split('#')[0] ?? '');
        if (DOCUMENTS.includes(target)) follow(target);
      }
    };
    follow('README.md');
    assert.deepEqual(
      DOCUMENTS.filter((document) => !reached.has(document)),
      [],
    );
  });

  it('are listed on the first page of docs', () => {
    const listed = linksOf(read('docs/README.md')).map((link) => posix.join('docs', link.split('#')[0] ?? ''));
    const pages = DOCUMENTS.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md');
    assert.ok(pages.length >= 9);
    assert.deepEqual(
      pages.filter((page) => !listed.includes(page)),
      [],
    );
  });
});

describe('a link', () => {
  it('is found wherever it stands, but not in code', () => {
    const text =
      '[a](b.md) ![c](d.svg "title") [![e](f.png)](g.md)\n\n```sh\n[h](i.md)\n```\n`[j](k.md)`\n\n[l]: m.md\n';
    assert.deepEqual(linksOf(text), ['b.md', 'd.svg', 'f.png', 'g.md', 'm.md']);
  });

  it('has the anchors that GitHub makes of headings', () => {
    const text = '# A `202`, and [more](x.md)!\n## Größe & Zeit\n```sh\n# no heading\n```\n## same\n## Same ##\n';
    assert.deepEqual(anchorsOf(text), ['a-202-and-more', 'größe--zeit', 'same', 'same-1']);
  });

  it('that leads nowhere is found', () => {
    for (const link of ['none.md', '#none', 'openapi.yaml#x', '/README.md', '../x', 'ftp://a.b', 'docs/jobs.md#none'])
      assert.notEqual(fault('README.md', link), undefined, link);
    for (const link of ['docs', '#start', 'docs/README.md', 'https://example.org', 'docs/jobs.md#where-jobs-are-kept'])
      assert.equal(fault('README.md', link), undefined, link);
  });
});
