import { isJsonContentType } from '@modelcontextprotocol/server';

interface Body {
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly uri?: string; readonly arguments?: { readonly region?: unknown } };
}

/**
 * Makes the headers of a request say what its body says, so that the server behind it can find nothing wrong with them: a
 * stand-in for the many servers that never look. The revision's own header stays, because it decides the era.
 */
export async function believeTheBody(request: Request): Promise<Request> {
  if (request.method !== 'POST' || !isJsonContentType(request.headers.get('content-type'))) return request;
  const bytes = await request.arrayBuffer();
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(headersOf(bytes))) {
    headers.delete(name);
    if (typeof value === 'string') headers.set(name, encoded(value));
  }
  return new Request(request.url, { method: 'POST', headers, body: bytes, signal: request.signal });
}

/** Every header that repeats a part of the body (MCP 2026-07-28, § Standard Headers and § Custom Headers). */
function headersOf(bytes: ArrayBuffer): Record<string, unknown> {
  try {
    const { method, params } = JSON.parse(Buffer.from(bytes).toString()) as Body;
    return { 'mcp-method': method, 'mcp-name': params?.name ?? params?.uri, 'mcp-param-region': params?.arguments?.region };
  } catch {
    return {}; // the server says what is wrong with it
  }
}

/** Always in the encoding that no value can break. */
function encoded(value: string): string {
  return /^[\w./:-]*$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
