import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { BlobStore } from './blob-store.js';
import { BlobMissingError, JobsUnavailableError } from './errors.js';

export interface S3Setting {
  readonly bucket: string;
  /** URL of a service that speaks S3; undefined for Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
}

/** What an upload holds in memory is twice a part, the smallest that S3 allows. */
const PART_SIZE = 5 * 2 ** 20;
const PARTS_AT_ONCE = 2;

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
    let size = 0;
    let failure: { readonly error: unknown } | undefined;
    const counted = async function* (): AsyncIterable<Uint8Array> {
      try {
        for await (const chunk of source) {
          size += chunk.length;
          yield chunk;
        }
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    const upload = new Upload({
      client: this.client,
      params: { Bucket: this.bucket, Key: key, Body: Readable.from(counted(), { objectMode: false }) },
      partSize: PART_SIZE,
      queueSize: PARTS_AT_ONCE,
    });
    try {
      await upload.done();
    } catch (error) {
      if (failure) throw failure.error;
      throw new JobsUnavailableError({ cause: error });
    }
    return size;
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

/** @throws JobsUnavailableError */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new JobsUnavailableError({ cause: error });
  }
}
