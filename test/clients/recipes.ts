import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ROOT } from '../e2e/process.js';

/** One folder for each client that docs/clients.md describes, with a program that its lines are from. */
export const PROGRAMS = join(ROOT, 'test', 'clients', 'programs');
export const CLIENTS_DOCUMENT = join(ROOT, 'docs', 'clients.md');

const LANGUAGES: Readonly<Record<string, string>> = { '.rs': 'rust', '.py': 'python', '.ts': 'ts', '.go': 'go' };
const RECIPE = /(<!-- recipe: (\S+) -->\n)[\s\S]*?(<!-- \/recipe -->)/g;
const CLIENT = /<!-- client: (\S+) -->\n\n```sh\n([\s\S]*?)```/g;

/** The commands that make each client, by its name, as the document gives them. */
export function commands(document = readFileSync(CLIENTS_DOCUMENT, 'utf8')): Map<string, string> {
  return new Map([...document.matchAll(CLIENT)].map(([, name = '', text = '']) => [name, text]));
}

/** The document with the lines of the programs between their marks. @throws if a program has no marks. */
export function withRecipes(document: string): string {
  return document.replace(RECIPE, (_all, begin: string, path: string, end: string) => {
    const language = LANGUAGES[extname(path)] ?? extname(path).slice(1);
    return `${begin}\n\`\`\`${language}\n${recipeOf(path)}\n\`\`\`\n\n${end}`;
  });
}

/** The lines of a program between `begin recipe` and `end recipe`, without the indentation that all of them have. */
function recipeOf(path: string): string {
  const lines = readFileSync(join(PROGRAMS, path), 'utf8').split('\n');
  const begin = lines.findIndex((line) => /^\s*(\/\/|#) begin recipe$/.test(line));
  const end = lines.findIndex((line) => /^\s*(\/\/|#) end recipe$/.test(line));
  if (begin < 0 || end < begin) throw new Error(`${path} must have the lines "begin recipe" and "end recipe".`);
  const recipe = lines.slice(begin + 1, end);
  const indents = recipe.filter((line) => line !== '').map((line) => /^\s*/.exec(line)?.[0].length ?? 0);
  return recipe
    .map((line) => line.slice(Math.min(...indents)))
    .join('\n')
    .trim();
}
