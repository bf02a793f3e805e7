import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { BlobStore } from './blob-store.js';
import { BlobMissingError } from './errors.js';
import { type OnStoreFailure, Reach } from './reach.js';

export interface S3Setting {
  readonly bucket: string;
  /** URL of a service that speaks S3; undefined for Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Milliseconds that S3 has for a request, and for the next bytes of an answer; for tests, which cannot wait that long. */
  readonly limit?: number;
}

/** An S3 that takes longer, for 5 MiB at most, is as good as none. */
const LIMIT_MS = 10_000;

/**
 * The SDK's own Upload collects a part and copies it for each, which let a process grow by 51 to 62 MB over 100 MB; with one
 * part that is filled again and again it is 39 to 44.
 *
 * The smallest that S3 allows, and all that an upload holds in memory, however long it is.
 */
const PART_SIZE = 5 * 2 ** 20;

/**
 * Blobs as objects of one bucket. Objects appear whole. What a process leaves that dies during an upload is a multipart
 * upload, which nothing lists; a lifecycle rule of the bucket should abort those.
 */
export class S3Store implements BlobStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly limit: number;
  private readonly reach: Reach;

  constructor({ bucket, endpoint, region, limit = LIMIT_MS }: S3Setting, onFailure?: OnStoreFailure) {
    this.bucket = bucket;
    this.limit = limit;
    this.reach = new Reach('s3', onFailure);
    this.client = new S3Client({
      region,
      ...(endpoint !== undefined && { endpoint }),
      // Names of buckets as hosts need a DNS that others than Amazon seldom have.
      forcePathStyle: true,
      // CRC32 by default breaks services that do not know it.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async write(key: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    const target = { Bucket: this.bucket, Key: key };
    const part = Buffer.allocUnsafeSlow(PART_SIZE);
    let upload: string | undefined;
    let size = 0;
    try {
      const done: CompletedPart[] = [];
      for await (const length of filled(part, source)) {
        size += length;
        const PartNumber = done.length + 1;
        if (length < PART_SIZE && upload === undefined) {
          const whole = new PutObjectCommand({ ...target, Body: part.subarray(0, length) });
          await this.inTime((abortSignal) => this.client.send(whole, { abortSignal }));
          return size;
        }
        upload ??= await this.begin(target);
        const Body = part.subarray(0, length);
        const sent = new UploadPartCommand({ ...target, UploadId: upload, PartNumber, Body });
        const { ETag } = await this.inTime((abortSignal) => this.client.send(sent, { abortSignal }));
        done.push({ PartNumber, ETag });
      }
      const all = new CompleteMultipartUploadCommand({ ...target, UploadId: upload, MultipartUpload: { Parts: done } });
      await this.inTime((abortSignal) => this.client.send(all, { abortSignal }));
      return size;
    } catch (error) {
      if (upload !== undefined) {
        // Nobody waits for it; what it cannot remove, the bucket's lifecycle rule does.
        const abort = new AbortMultipartUploadCommand({ ...target, UploadId: upload });
        this.inTime((abortSignal) => this.client.send(abort, { abortSignal })).catch(() => {});
      }
      throw error;
    }
  }

  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const part = range && { Range: `bytes=${range.start}-${range.end}` };
    const get = new GetObjectCommand({ Bucket: this.bucket, Key: key, ...part });
    const { Body } = await this.inTime((abortSignal) => this.client.send(get, { abortSignal }));
    if (!(Body instanceof Readable)) throw this.reach.failed(new Error('an answer without a body'));
    return Readable.from(this.bytesInTime(Body), { objectMode: false });
  }

  async remove(key: string): Promise<void> {
    const remove = new DeleteObjectCommand({ Bucket: this.bucket, Key: key });
    await this.inTime((abortSignal) => this.client.send(remove, { abortSignal }));
  }

  async *list(): AsyncIterable<{ key: string; writtenAt: number }> {
    for (let ContinuationToken: string | undefined, more = true; more; more = ContinuationToken !== undefined) {
      const list = new ListObjectsV2Command({ Bucket: this.bucket, ContinuationToken });
      const page = await this.inTime((abortSignal) => this.client.send(list, { abortSignal }));
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key !== undefined && LastModified !== undefined) yield { key: Key, writtenAt: LastModified.getTime() };
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    }
  }

  async sweep(): Promise<number> {
    return 0;
  }

  private async begin(target: { readonly Bucket: string; readonly Key: string }): Promise<string | undefined> {
    const create = new CreateMultipartUploadCommand(target);
    return (await this.inTime((abortSignal) => this.client.send(create, { abortSignal }))).UploadId;
  }

  /**
   * An S3 that is connected and silent, or a source of credentials that is, must not hold up whoever waits. With all
   * of the SDK's retries.
   *
   * @throws JobsUnavailableError, BlobMissingError
   */
  private async inTime<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new DOMException('S3 did not answer in time', 'TimeoutError'));
        abort.abort();
      }, this.limit);
    });
    try {
      const sending = send(abort.signal);
      // It fails, too, when it is aborted.
      sending.catch(() => {});
      return await Promise.race([sending, late]);
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchKey') throw new BlobMissingError();
      throw this.reach.failed(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Fails where no more bytes come. Does not count the time that the reader takes. */
  private async *bytesInTime(body: Readable): AsyncGenerator<unknown> {
    const chunks = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const chunk = await this.inTime(() => chunks.next());
        if (chunk.done) return;
        yield chunk.value;
      }
    } finally {
      body.destroy();
    }
  }
}

/**
 * Fills `part` again and again with the bytes of the source, and says each time how many there are: all that it takes but
 * the last time, which may be none only if it is the first.
 */
async function* filled(part: Buffer, source: AsyncIterable<Uint8Array>): AsyncIterable<number> {
  let length = 0;
  let full = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const copied = Math.min(chunk.length - at, part.length - length);
      part.set(chunk.subarray(at, at + copied), length);
      at += copied;
      length += copied;
      if (length < part.length) continue;
      yield length;
      full++;
      length = 0;
    }
  }
  if (length > 0 || full === 0) yield length;
}
