import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/**
 * What each folder may import besides itself and src/errors.ts: downward only, so that the codec knows no HTTP, the file
 * format no network, and the coder no model.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // A second way to the same engine, and a client of the server, which it can start: it knows nothing of how that answers.
  cli: ['server.ts', 'engine.ts', 'config.ts', 'dictionaries', 'codec', 'archive', 'runtime'],
  http: ['jobs', 'dictionaries', 'codec', 'containers', 'archive', 'locks'],
  // Kept as blobs, as the bytes of jobs are.
  dictionaries: ['jobs', 'codec'],
  jobs: ['codec', 'archive', 'locks'],
  codec: ['containers', 'archive', 'ardm', 'entropy'],
  // What a file is besides samples; knows no model.
  containers: ['archive'],
  // Implements the codec's SegmentCoder and the ARDM loop's Predictor.
  runtime: ['codec', 'ardm', 'bytes', 'pictures', 'sound', 'onnx'],
  archive: ['entropy'],
  // What the loop looks at: it implements Domain.
  bytes: ['ardm', 'mixing', 'entropy'],
  pictures: ['ardm', 'mixing', 'entropy'],
  sound: ['ardm', 'mixing', 'entropy'],
  // The paper: it knows no bytes, pixels or samples.
  ardm: ['archive', 'entropy'],
  // Probabilities from integers, known to whoever codes with them.
  mixing: [],
  entropy: [],
  // Both read models as graphs.
  audit: ['onnx'],
  onnx: [],
  locks: [],
  logging: [],
  // Counts what the observers of both tell.
  metrics: ['http', 'jobs', 'runtime'],
  // Runs in browsers.
  page: [],
  'config.ts': [],
  'errors.ts': [],
};

/** These put them together, and may import all. */
const COMPOSE: readonly string[] = ['main.ts', 'server.ts', 'engine.ts', 'job-system.ts', 'dictionary-system.ts'];

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

function layerOf(path: string): string {
  return path.split(/[/\\]/)[0] ?? '';
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(SRC, path), 'utf8');
  const found = [
    ...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g),
    ...text.matchAll(/new URL\('(\.[^']+\.js)'/g),
  ];
  return found.map((match) => relative(SRC, join(SRC, dirname(path), (match[1] as string).replace(/\.js$/, '.ts'))));
}

describe('the layers of src', () => {
  it('are all named here', () => {
    assert.deepEqual(
      [...new Set(sources.map(layerOf))].filter((layer) => !COMPOSE.includes(layer) && !(layer in ALLOWED)),
      [],
    );
  });

  for (const path of sources.filter((source) => !COMPOSE.includes(source))) {
    it(`${path} imports only downward`, () => {
      const layer = layerOf(path);
      const bad = importsOf(path)
        .map(layerOf)
        .filter((other) => other !== layer && other !== 'errors.ts' && !ALLOWED[layer]?.includes(other));
      assert.deepEqual(bad, []);
    });
  }

  it('do not bring HTTP or the network runtime into the codec', () => {
    for (const path of sources) {
      const text = readFileSync(join(SRC, path), 'utf8');
      const of = (name: string): boolean => new RegExp(`(from|import)\\s*\\(?\\s*'${name}`).test(text);
      if (of('express') || of('@fastify/busboy')) assert.equal(layerOf(path), 'http', path);
      // The command asks a server.
      if (of('node:http')) assert.ok(['http', 'cli'].includes(layerOf(path)), path);
      if (of('onnxruntime-node')) assert.equal(layerOf(path), 'runtime', path);
    }
  });

  it('are found to be what they are', () => {
    assert.ok(sources.length > 40);
    assert.ok(importsOf(join('bytes', 'byte-domain.ts')).includes(join('ardm', 'domain.ts')));
    assert.ok(!ALLOWED.ardm?.some((layer) => ['bytes', 'mixing', 'runtime'].includes(layer)));
    assert.ok(importsOf(join('http', 'resources', 'compress.ts')).includes(join('codec', 'errors.ts')));
  });
});
