import type { ServerResponse } from 'node:http';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AllowlistEntry } from '../../core/policy';
import { type Endpoint, startAnswering } from '../gateway/aws/endpoints';

/** What comes instead of a page: some of it may be tried again, some may not. */
export const TRANSIENT = ['throttled', 'fault', 'away', 'cut', 'reset'] as const;
export const FINAL = ['denied', 'no JSON', 'half a page', 'another number', 'nothing', 'no Items', 'too much'] as const;
export type Fault = (typeof TRANSIENT)[number] | (typeof FINAL)[number] | 'silent';

/** A page of one agent's rows, which may be none of ours, and what comes before it. */
export interface Page {
  readonly rows: readonly AllowlistEntry[];
  readonly faults: readonly Fault[];
}

export interface ScriptedTable extends Endpoint {
  /** Pages of an agent; who asks for one must name the key that came with the page before. */
  readonly pages: Map<string, readonly Page[]>;
}

/** Answers queries of the allowlist, page by page, by what a test says comes between. */
export async function startScriptedTable(): Promise<ScriptedTable> {
  const pages: ScriptedTable['pages'] = new Map();
  const answered = new Map<Page, number>();
  const endpoint = await startAnswering(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { ExpressionAttributeValues: values, ExclusiveStartKey: from } = JSON.parse(body);
    const all = pages.get(values[':agent'].S) ?? [];
    const at = from === undefined ? 0 : Number(from.page.N);
    const page = all[at];
    if (page === undefined) return refuse(response, 400, 'ValidationException');
    const times = answered.get(page) ?? 0;
    answered.set(page, times + 1);
    const next = at + 1 < all.length ? { LastEvaluatedKey: { page: { N: String(at + 1) } } } : {};
    const Items = page.rows.map((row) => marshall(row, { removeUndefinedValues: true }));
    const output = { Count: Items.length, ScannedCount: Items.length, Items, ...next };
    // One that is not tried again stands, also for who was too slow to hear it.
    const final = page.faults.slice(0, times).find((fault) => (FINAL as readonly Fault[]).includes(fault));
    ANSWERS[final ?? page.faults[times] ?? 'page'](response, JSON.stringify(output), output);
  });
  return Object.assign(endpoint, { pages });
}

type Answering = (response: ServerResponse, whole: string, page: { readonly Items: readonly object[] }) => void;

const ANSWERS: Readonly<Record<Fault | 'page', Answering>> = {
  page: (response, whole) => response.end(whole),
  throttled: (response) => refuse(response, 400, 'ThrottlingException'),
  fault: (response) => refuse(response, 500, 'InternalServerError'),
  away: (response) => response.writeHead(503).end('<html>'),
  cut: (response, whole) => {
    response.writeHead(200, { 'content-length': Buffer.byteLength(whole) }).write(whole.slice(0, -1));
    setImmediate(() => response.destroy());
  },
  reset: (response) => response.destroy(),
  silent: () => undefined,
  denied: (response) => refuse(response, 400, 'AccessDeniedException'),
  'no JSON': (response) => response.end('<html>'),
  'half a page': (response, whole) => response.end(whole.slice(0, whole.length / 2)),
  // Its Count stays, so that one is missing or one too many.
  'another number': (response, _, page) =>
    response.end(JSON.stringify({ ...page, Items: page.Items.length > 0 ? page.Items.slice(1) : [{}] })),
  nothing: (response) => response.end(),
  'no Items': (response) => response.end('{}'),
  'too much': (response, _, page) => response.end(JSON.stringify({ ...page, padding: 'x'.repeat(17 * 1024 * 1024) })),
};

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status).end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no' }));
}
