import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from './process.js';

interface Package {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Package>;
};

describe('package-lock.json', () => {
  it('has the optional dependencies of every platform, or `npm ci` refuses it', () => {
    // `npm install` leaves out those that the registry in use does not have.
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    );
    assert.deepEqual(missing, []);
  });

  it('knows what every package that is always installed must be', () => {
    for (const [path, { version, integrity, optional }] of Object.entries(packages)) {
      assert.match(version ?? '', /^\d+\.\d+\.\d+/, path);
      if (path !== '' && !optional) assert.match(integrity ?? '', /^sha512-/, path);
    }
  });

  it('names no registry', () => {
    for (const [path, { resolved }] of Object.entries(packages)) assert.equal(resolved, undefined, path);
  });

  it('has exact versions in package.json', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(all)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  });
});
