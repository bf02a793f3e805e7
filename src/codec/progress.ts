/** How far the work on a file is. It never goes back, but for `totalNetworkCalls`, which falls where the network turns out to be of no use. */
export interface Progress {
  /** Original bytes that are coded. */
  readonly bytes: number;
  readonly networkCalls: number;
  /** Network calls that the file takes: at most, until it is known which parts of it the network codes. */
  readonly totalNetworkCalls: number;
}

export type OnProgress = (progress: Progress) => void;

/** Adds up the progress of segments that are coded at once. */
export class ProgressMeter {
  private bytes = 0;
  private networkCalls = 0;

  constructor(
    private totalNetworkCalls: number,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  /** Now it is known. */
  expect(totalNetworkCalls: number): void {
    if (totalNetworkCalls === this.totalNetworkCalls) return;
    this.totalNetworkCalls = totalNetworkCalls;
    this.tell();
  }

  /** A meter for work that nobody is told of. */
  silent(): ProgressMeter {
    return new ProgressMeter(0, undefined);
  }

  /**
   * A segment of `length` bytes of the file that takes so many network calls, or none.
   *
   * @param positions that it has: what its coder counts. @returns what its coder tells, and `done`.
   */
  segment(
    length: number,
    networkCalls: number,
    positions = length,
  ): { onCoded: (positions: number) => void; done: () => void } {
    const counted = { bytes: 0, networkCalls: 0 };
    const reach = (bytes: number): void => {
      if (bytes <= counted.bytes && bytes < length) return;
      const calls = bytes === length ? networkCalls : Math.floor((networkCalls * bytes) / length);
      this.bytes += bytes - counted.bytes;
      this.networkCalls += calls - counted.networkCalls;
      Object.assign(counted, { bytes, networkCalls: calls });
      this.tell();
    };
    // The whole only when it is done.
    const bytesOf = (coded: number): number => Math.floor((length * coded) / positions);
    return { onCoded: (coded) => reach(Math.min(bytesOf(coded), length - 1)), done: () => reach(length) };
  }

  private tell(): void {
    const { bytes, networkCalls, totalNetworkCalls } = this;
    this.onProgress?.({ bytes, networkCalls, totalNetworkCalls });
  }
}
