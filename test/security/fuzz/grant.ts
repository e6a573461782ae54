import { GRANTED_PROMPT, GRANTED_TOOLS, MOST_LENT } from '../town/tools';

/** What a parser has made of a text. */
export interface Parsed {
  readonly method?: unknown;
  readonly params?: unknown;
}

/** Whether what a server would do is granted, by rules that share nothing with the fleet's own: undefined, or what is wrong. */
export function wrongIn({ method, params }: Parsed): string | undefined {
  const {
    name,
    arguments: args,
    uri,
  } = (params ?? {}) as { readonly name?: unknown; readonly arguments?: unknown; readonly uri?: unknown };
  if (method === 'tools/call') return wrongCall(name, args);
  if (method === 'prompts/get') return name === GRANTED_PROMPT ? undefined : `the prompt ${String(name)}`;
  if (method === 'resources/read') return isPublic(uri) ? undefined : `the resource ${String(uri)}`;
  return method === 'ping' || method === 'tools/list' ? undefined : `the method ${String(method)}`;
}

export function wrongCall(tool: unknown, args: unknown): string | undefined {
  if (GRANTED_TOOLS.some((granted) => granted === tool)) return undefined;
  if (tool !== 'lend') return `the tool ${String(tool)}`;
  const { amount, to } = (args ?? {}) as { readonly amount?: unknown; readonly to?: unknown };
  if (typeof amount !== 'number' || !(amount >= 0 && amount <= MOST_LENT)) return `an amount of ${String(amount)}`;
  return to === undefined || (typeof to === 'string' && to.startsWith('acme-')) ? undefined : `a loan to ${String(to)}`;
}

/** By what the URL standard, and who decodes it once more, make of it. */
function isPublic(uri: unknown): boolean {
  if (typeof uri !== 'string' || !URL.canParse(uri)) return false;
  const { href } = new URL(uri);
  return [uri, href, decodeURIComponent(href)].every((one) => one.startsWith('vault://public/') && !/\/\.\.?(?:\/|$)/.test(one));
}
