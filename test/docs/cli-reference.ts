import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.js';

const BEGIN = '<!-- commands: made by `npm run docs` from src/cli/program.ts -->';
const END = '<!-- /commands -->';

interface Described {
  /** As it is called: `ardm dictionary make [options] [files...]`. */
  readonly usage: string;
  readonly about: string;
  /** Arguments and options, each with what it is for. */
  readonly terms: readonly { readonly term: string; readonly about: string }[];
}

/** Every command that does something, in the order of `--help`. */
function commands(): Described[] {
  const describe = (command: Command, words: readonly string[]): Described[] => {
    if (command.commands.length > 0) {
      return command.commands.flatMap((child) => describe(child, [...words, child.name()]));
    }
    const help = command.createHelp();
    const terms = [
      ...help.visibleArguments(command).map((one) => [help.argumentTerm(one), help.argumentDescription(one)]),
      ...help.visibleOptions(command).map((one) => [help.optionTerm(one), help.optionDescription(one)]),
    ];
    return [
      {
        usage: [...words, command.usage()].join(' '),
        about: command.description(),
        terms: terms.map(([term = '', about = '']) => ({ term, about })),
      },
    ];
  };
  return describe(
    createProgram('0', () => {}),
    ['ardm'],
  );
}

/** The text of docs/cli.md with its reference between its two marks. @throws if it has not both, in order. */
export function withReference(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The document must have ${BEGIN} and ${END}.`);
  const sections = commands().map(({ usage, about, terms }) => {
    const rows = terms.map((one) => `| \`${one.term}\` | ${one.about.replaceAll('|', '\\|')} |`);
    return [`### \`${usage}\``, '', about, '', '| | |', '| --- | --- |', ...rows].join('\n');
  });
  return `${document.slice(0, begin + BEGIN.length)}\n\n${sections.join('\n\n')}\n\n${document.slice(end)}`;
}

/** The man page, for `man`. */
export function manPage(): string {
  const lines = [
    '.\\" Made by npm run docs from src/cli/program.ts.',
    '.TH ARDM 1',
    '.SH NAME',
    'ardm \\- compress files without loss with an autoregressive diffusion model',
    '.SH SYNOPSIS',
    ...commands().flatMap(({ usage }) => [`.B ${roff(usage)}`, '.br']),
    '.SH COMMANDS',
    ...commands().flatMap(({ usage, about, terms }) => [
      `.SS ${roff(usage)}`,
      roff(about),
      ...terms.flatMap((one) => ['.TP', `.B ${roff(one.term)}`, roff(one.about)]),
    ]),
    '.SH EXIT STATUS',
    '0 if all is well, 1 if a file or the whole failed, 2 for wrong usage.',
  ];
  return `${lines.join('\n')}\n`;
}

/** Text that means nothing to roff. */
function roff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}
