import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ARCHIVE_LIMITS, clientSettings } from '../core/aws-limits';
import { filledIn, type GrantsDocument, type GrantsProperties } from '../core/grants-document';
import { readGrants } from '../core/read-grants';

/** Most that a document may weigh, in bytes; the constructs refuse more. */
const MOST_BYTES = 32_000_000;
/** The right to read this very object has been given seconds ago, and IAM is eventually consistent (IAM User Guide, Troubleshooting). */
const ATTEMPTS = 15;
const PAUSE_MS = 2_000;

/** Files of grants, in the bucket of the stack's assets. */
export class GrantsFiles {
  private readonly client = new S3Client(clientSettings(ARCHIVE_LIMITS));

  /** @param pause waits so many milliseconds */
  constructor(private readonly pause: (ms: number) => Promise<void>) {}

  /**
   * The document that a custom resource names, with its values, checked.
   * @throws Error that says what is wrong with the properties, the file or what is in it
   */
  async read(properties: Readonly<Record<string, unknown>>): Promise<GrantsDocument> {
    const { Bucket, Key, Values } = properties as Partial<GrantsProperties>;
    if (typeof Bucket !== 'string' || typeof Key !== 'string' || !Array.isArray(Values)) {
      const got = JSON.stringify({ Bucket, Key, Values })?.slice(0, 200);
      throw new Error(`The grants cannot be applied: Bucket and Key must be texts, and Values a list; got ${got}`);
    }
    const text = await this.textOf(Bucket, Key);
    return readGrants(filledIn(parsed(text, Key), Values));
  }

  private async textOf(Bucket: string, Key: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { Body, ContentLength = 0 } = await this.client.send(new GetObjectCommand({ Bucket, Key }));
        if (ContentLength > MOST_BYTES) throw new Error(`it has ${ContentLength} bytes; allowed: ${MOST_BYTES}`);
        return (await Body?.transformToString()) ?? '';
      } catch (error) {
        const { name, message } = error as Error;
        if (name === 'AccessDenied' && attempt < ATTEMPTS) {
          await this.pause(PAUSE_MS);
          continue;
        }
        throw new Error(`The grants in s3://${Bucket}/${Key} cannot be read: ${name}: ${message}`, { cause: error });
      }
    }
  }
}

function parsed(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`The grants in ${key} are no JSON: ${(cause as Error).message}`, { cause });
  }
}
