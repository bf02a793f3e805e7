/** What the decoder makes known, call by call, as it is shown: a text, or a picture. */
export interface Scene {
  /** What is put into the page. */
  readonly elements: readonly HTMLElement[];
  /** Network calls after which all is known. */
  readonly calls: number;
  /** Bits of all. */
  readonly bits: number;
  /** What a colour of the legend is of: `bits a character`. */
  readonly unit: string;
  /** Colours from few bits to many, and what they stand for. */
  readonly legend: readonly { readonly mark: string; readonly colour: string | { readonly css: string } }[];
  /** Shows what is known after the first `calls` calls; of the `order`, or of the bits. */
  reveal(calls: number, order: boolean): void;
  /** What is told of the place that the pointer is at; undefined where there is none. */
  pointed(event: PointerEvent): string | undefined;
  /** The same of the place that a key leads to; undefined of keys that lead nowhere. */
  moved(key: string): string | undefined;
}
