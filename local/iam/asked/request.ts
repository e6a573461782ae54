import type { IncomingMessage } from 'node:http';

/** A signed request, and where in AWS it is answered. */
export interface SignedRequest {
  readonly request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>;
  /** Text; empty where it is not read, as S3's. */
  readonly body: string;
  readonly region: string;
  readonly account: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The operation of an API that speaks JSON. */
export function operationOf({ request }: SignedRequest): string {
  return String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
}

/** What is no JSON object says nothing; whoever answers it says so. */
export function fieldsOf({ body }: SignedRequest): Fields {
  try {
    const value: unknown = JSON.parse(body || '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
  } catch {
    return {};
  }
}

export function arnIn(service: string, resource: string, { region, account }: Pick<SignedRequest, 'region' | 'account'>): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}
