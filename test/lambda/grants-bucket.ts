import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GrantsBucket {
  readonly environment: Readonly<Record<string, string>>;
  /** Puts a document, as JSON; nothing where it is undefined. */
  put(document: unknown): { readonly Bucket: string; readonly Key: string };
  /** Refuses so many requests, as S3 does while a right that was given is not known everywhere. */
  refuse(count: number): void;
  stop(): Promise<void>;
}

/** Answers GetObject over HTTP as S3 does, with its errors in XML. */
export async function startGrantsBucket(): Promise<GrantsBucket> {
  const objects = new Map<string, string>();
  let refusals = 0;
  const server = createServer(({ url = '' }, response) => {
    const error = (status: number, code: string) =>
      response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    if (refusals-- > 0) return error(403, 'AccessDenied');
    const content = objects.get(new URL(url, 'http://s3').pathname);
    if (content === undefined) return error(404, 'NoSuchKey');
    return response.writeHead(200, { 'content-type': 'application/json' }).end(content);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    environment: { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    put: (document) => {
      const place = { Bucket: 'assets', Key: `${objects.size}.json` };
      objects.set(`/${place.Bucket}/${place.Key}`, document === undefined ? '' : JSON.stringify(document));
      return place;
    },
    refuse: (count) => {
      refusals = count;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
