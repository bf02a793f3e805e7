import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { BlobStore } from './blob-store.js';
import { BlobMissingError, JobsUnavailableError } from './errors.js';

export interface S3Setting {
  readonly bucket: string;
  /** URL of a service that speaks S3; undefined for Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
}

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

  constructor({ bucket, endpoint, region }: S3Setting) {
    this.bucket = bucket;
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
          await reached(this.client.send(new PutObjectCommand({ ...target, Body: part.subarray(0, length) })));
          return size;
        }
        upload ??= (await reached(this.client.send(new CreateMultipartUploadCommand(target)))).UploadId;
        const Body = part.subarray(0, length);
        const sent = new UploadPartCommand({ ...target, UploadId: upload, PartNumber, Body });
        const { ETag } = await reached(this.client.send(sent));
        done.push({ PartNumber, ETag });
      }
      const all = { ...target, UploadId: upload, MultipartUpload: { Parts: done } };
      await reached(this.client.send(new CompleteMultipartUploadCommand(all)));
      return size;
    } catch (error) {
      if (upload !== undefined) {
        // What this cannot remove, the bucket's lifecycle rule does.
        await this.client.send(new AbortMultipartUploadCommand({ ...target, UploadId: upload })).catch(() => {});
      }
      throw error;
    }
  }

  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const part = range && { Range: `bytes=${range.start}-${range.end}` };
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, ...part }));
      if (Body instanceof Readable) return Body;
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchKey') throw new BlobMissingError();
      throw new JobsUnavailableError({ cause: error });
    }
    throw new JobsUnavailableError();
  }

  async remove(key: string): Promise<void> {
    await reached(this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key })));
  }

  async *list(): AsyncIterable<{ key: string; writtenAt: number }> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket })[Symbol.asyncIterator]();
    for (;;) {
      const page = await reached(pages.next());
      if (page.done) return;
      for (const { Key, LastModified } of page.value.Contents ?? []) {
        if (Key !== undefined && LastModified !== undefined) yield { key: Key, writtenAt: LastModified.getTime() };
      }
    }
  }

  async sweep(): Promise<number> {
    return 0;
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

/** @throws JobsUnavailableError */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new JobsUnavailableError({ cause: error });
  }
}
