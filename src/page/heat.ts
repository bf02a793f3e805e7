/** From how many bits on a sample has the next colour. */
export const FROM: readonly number[] = [0.25, 0.5, 1, 2, 3, 4, 6];
/** One more, from few bits to many: rising in lightness, so that they can be told apart without seeing hues. */
export const COLOURS: readonly (readonly [number, number, number])[] = [
  [12, 8, 38],
  [58, 15, 110],
  [108, 29, 129],
  [158, 47, 127],
  [207, 68, 112],
  [241, 105, 92],
  [253, 165, 112],
  [252, 245, 200],
];

/** The place of a colour, of what takes so many bits. */
export function colourOf(bits: number, from: readonly number[] = FROM): number {
  const found = from.findIndex((least) => bits < least);
  return found === -1 ? from.length : found;
}

/** What the colours stand for. @param from bits from which each but the first is. */
export function legendOf(
  from: readonly number[],
): { readonly mark: string; readonly colour: { readonly css: string } }[] {
  return COLOURS.map((colour, index) => ({
    mark: index === 0 ? `less than ${from[0]}` : `${from[index - 1]}${index === from.length ? ' and more' : ''}`,
    colour: { css: cssOf(colour) },
  }));
}

export function cssOf(colour: readonly number[]): string {
  return `rgb(${colour.join(' ')})`;
}
