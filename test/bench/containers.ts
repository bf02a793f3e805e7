// `npm run bench:containers [folder ...]`: of the PNG files of Debian packages (or of folders), the share that is made again bit for bit.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open } from '../../src/containers/container.js';

/** None of which a model of pictures is trained on. */
const PACKAGES = [
  'frozen-bubble-data',
  'gnuplot-doc',
  'golang-1.19-src',
  'imagemagick-6-doc',
  'lxde-icon-theme',
  'oxygen-icon-theme',
  'tango-icon-theme',
];
/** Files of a source, spread evenly over it. */
const PER_SOURCE = 40;

/** The PNG files of a package, downloaded and unpacked once into .work/png. */
function unpacked(name: string): string {
  const target = resolve('.work/png', name);
  if (existsSync(target)) return target;
  mkdirSync(target, { recursive: true });
  execFileSync('apt-get', ['download', name], { cwd: target, stdio: 'ignore' });
  for (const file of readdirSync(target).filter((each) => each.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', file, '.'], { cwd: target });
  }
  return target;
}

function sampleOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.png'))
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path) && statSync(path).isFile())
    .sort();
  const step = Math.max(1, Math.floor(files.length / PER_SOURCE));
  return files.filter((_, index) => index % step === 0).slice(0, PER_SOURCE);
}

const folders = process.argv.length > 2 ? process.argv.slice(2) : PACKAGES.map(unpacked);
let [all, again] = [0, 0];
for (const folder of folders) {
  const paths = sampleOf(folder);
  let [opened, pixels] = [0, 0];
  for (const path of paths) {
    const parts = await open(readFileSync(path), { maxSamples: 2 ** 28, pause: async () => undefined });
    if (parts) opened++;
    if (parts?.content.picture) pixels++;
  }
  all += paths.length;
  again += opened;
  console.log(`${folder}: ${opened} of ${paths.length} made again, ${pixels} of them pixels`);
}
console.log(`${again} of ${all}: ${((100 * again) / all).toFixed(1)} %`);
