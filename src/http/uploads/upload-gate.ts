import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { StorageFullError, TooManyUploadsError } from '../errors.js';
import { HELD_BYTES } from './spool.js';

export interface UploadLimits {
  /** Bodies that are received at the same time, at least 1. */
  readonly uploads: number;
  /** Bytes that uploads leave free on the disk of their folder; 0: all may be used. */
  readonly freeBytes: number;
  /** The folder of uploads. */
  readonly folder?: string;
}

/** What must be so before a body is read: not too many others are being received, and the disk has room for it. */
export class UploadGate {
  private entered = 0;

  constructor(private readonly limits: UploadLimits) {}

  /**
   * @param declaredSize bytes of the body, where the request says so.
   * @returns what to call when the body is complete or given up; a second time does nothing.
   * @throws TooManyUploadsError, StorageFullError
   */
  async enter(declaredSize: number | undefined): Promise<() => void> {
    if (this.entered >= this.limits.uploads) throw new TooManyUploadsError();
    this.entered++;
    try {
      await this.checkDisk(declaredSize ?? Number.POSITIVE_INFINITY);
    } catch (error) {
      this.entered--;
      throw error;
    }
    let inside = true;
    return () => {
      if (inside) this.entered--;
      inside = false;
    };
  }

  /** What is held in memory needs no disk. @param bytes infinite where nobody knows. */
  private async checkDisk(bytes: number): Promise<void> {
    if (this.limits.freeBytes === 0 || bytes <= HELD_BYTES) return;
    const { bavail, bsize } = await statfs(this.limits.folder ?? tmpdir());
    // Nothing is known of the length of some; they must at least find what is to be left.
    const wanted = Number.isFinite(bytes) ? bytes : 0;
    if (bavail * bsize - wanted < this.limits.freeBytes) throw new StorageFullError();
  }
}
