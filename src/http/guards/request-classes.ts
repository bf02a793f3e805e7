import { Semaphore } from '../../codec/semaphore.js';
import { OverloadedError } from '../errors.js';
import { type HttpObserver, UNOBSERVED } from '../observer.js';

/** One for all: where it is thrown tells nothing, and to trace that took a fourth of the time of a refusal. */
const OVERLOADED = new OverloadedError();

/**
 * Up to this many bytes, of the upload and of what it declares to be, a request may be small. Bytes alone do not bound
 * its time: thirty of them may declare two segments of 512 KiB at 1,024 network calls per block, a minute of work.
 */
export const SMALL_BYTES = 2 ** 20;

/** Up to this many network calls a request may be small: 128 KiB at 1,024 calls per block, about 7 s of one core. */
export const SMALL_CALLS = 2 ** 17;

export interface ClassLimits {
  /** Small requests, and large ones, that compute at the same time. */
  readonly small: number;
  readonly large: number;
  /** Requests of each kind that wait. */
  readonly waiting: number;
}

/**
 * Small and large requests have places of their own, so that a message never waits for a film. The number of large ones
 * bounds memory: each holds its input and its output, while those that wait are on disk.
 */
export class RequestClasses {
  private readonly small: Semaphore;
  private readonly large: Semaphore;

  constructor(limits: ClassLimits, observer: HttpObserver = UNOBSERVED) {
    const places = (name: 'small' | 'large'): Semaphore => {
      const semaphore = new Semaphore({
        running: limits[name],
        waiting: limits.waiting,
        refusal: OVERLOADED,
        waited: (seconds) => observer.waited(name, seconds),
      });
      observer.watch(name, () => semaphore.length);
      return semaphore;
    };
    this.small = places('small');
    this.large = places('large');
  }

  /**
   * @param size bytes of the larger of input and output, as far as it is known.
   * @param networkCalls of decoding; encoding takes one for every 1,024 bytes, which `size` bounds.
   */
  forWork(size: number, networkCalls = 0): Semaphore {
    return size <= SMALL_BYTES && networkCalls <= SMALL_CALLS ? this.small : this.large;
  }

  /** Spares the client an upload that would be refused after it. @throws OverloadedError */
  refuseIfFull(declaredSize: number | undefined): void {
    if (declaredSize !== undefined && this.forWork(declaredSize).full) throw OVERLOADED;
  }
}
