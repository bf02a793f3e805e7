/** Small inputs of many kinds, made from nothing but integers, so that golden archives need no originals beside them. */

function noise(length: number, seed: number): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x & 255;
  });
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function records(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const level = ['info', 'warn', 'error'][(i * 7) % 3];
    return `{"id":${1000 + i},"level":"${level}","user":"u${(i * 31) % 17}","ms":${(i * i * 37) % 900}}`;
  });
  return `${rows.join('\n')}\n`;
}

const PROSE =
  'The committee met again on Thursday to consider the second report. It was agreed that the bridge should be repaired ' +
  'before the winter, and that the cost would be shared between the two parishes, as it had been in earlier years. ';

export const INPUTS: Readonly<Record<string, Uint8Array>> = {
  empty: new Uint8Array(0),
  'one-byte': text('a'),
  'short-message': text('Your parcel will arrive on Tuesday between 9 and 11 o’clock.'),
  prose: text(PROSE.repeat(3)),
  'utf-8': text(
    'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Съешь же ещё этих мягких французских булок. 色は匂へど散りぬるを。'.repeat(
      3,
    ),
  ),
  records: text(records(60)),
  zeros: new Uint8Array(3000),
  noise: noise(700, 12345),
  'longer-than-a-block': text(PROSE.repeat(14)),
};
