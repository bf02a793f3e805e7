// Makes the pages of src/page, as part of `npm run build`: each is one file with its scripts and styles in it, so that the browser asks
// for nothing else and a policy can name all that runs; and the same file compressed as well as it can be.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { root, run } from './run.mjs';

const SOURCE = join(root, 'src', 'page');
const TARGET = join(root, 'dist', 'src', 'page');
const PAGES = [
  { name: 'try', script: 'main.ts', style: 'style.css' },
  { name: 'docs', script: 'docs.ts', style: 'docs.css' },
];

export async function buildPages() {
  run('The check of the pages', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'src/page/tsconfig.json']);
  mkdirSync(TARGET, { recursive: true });
  for (const { name, script, style } of PAGES) {
    // What stands in its strings and patterns must not be read as HTML: as the end of the script, or the beginning of a comment.
    const code = afterPaint(await bundled(script)).replace(/<(?=\/?script|!--)/gi, '\\x3c');
    const rules = await bundled(style);
    const html = readFileSync(join(SOURCE, `${name}.html`), 'utf8')
      .replace('<style></style>', () => `<style>${rules}</style>`)
      .replace('<script></script>', () => `<script>${code}</script>`);
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(html) };
    writeFileSync(join(TARGET, `${name}.html`), html);
    writeFileSync(join(TARGET, `${name}.html.br`), brotliCompressSync(html, { params: size }));
    writeFileSync(join(TARGET, `${name}.html.gz`), gzipSync(html, { level: constants.Z_BEST_COMPRESSION }));
  }
  // What the second page consists of asks for that.
  for (const name of ['LICENSE', 'NOTICE', 'swagger-ui-es-bundle.js.LICENSE.txt']) {
    copyFileSync(
      join(root, 'node_modules', 'swagger-ui-dist', name),
      join(TARGET, `swagger-ui.${name.split('.').at(-1)}`),
    );
  }
}

/** A script that runs when the page was seen once, empty as it is: its work would hold that up. */
function afterPaint(code) {
  return `requestAnimationFrame(()=>setTimeout(()=>{${code}}))`;
}

async function bundled(entry) {
  // Not before it is known to be needed: a server that is built runs without it.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(SOURCE, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'inline',
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}
