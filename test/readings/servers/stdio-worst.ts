// A stdio server on nothing but Node, quick to start, that writes what its script says. It speaks both eras.
import { createInterface } from 'node:readline';
import { type Lines, output } from '../generator/lines';
import { markOfCall, scriptOf, tell } from './control';
import { MODERN_RESULT, resultOf, TOOL_LIST } from './tools';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Record<string, unknown>;
    readonly protocolVersion?: string;
    readonly clientInfo?: { readonly name?: string };
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

const NAME = 'stdio-worst';
const INFO = { capabilities: { tools: {}, logging: {} }, serverInfo: { name: NAME, version: '1.0.0' } };
/** The mark of a session is the name of its client. */
let sessionMark: string | undefined;

createInterface({ input: process.stdin })
  .on('line', (line) => void answer(JSON.parse(line) as Message))
  .once('close', () => process.exit(0));

async function answer({ id, method, params }: Message): Promise<void> {
  if (method === undefined) return;
  if (method === 'initialize') {
    sessionMark = String(params?.clientInfo?.name);
    await tell({ what: 'started', server: NAME, name: String(process.pid) }, sessionMark);
    return say(id, { protocolVersion: params?.protocolVersion, ...INFO });
  }
  const modern = params?._meta?.['io.modelcontextprotocol/protocolVersion'] === undefined ? {} : MODERN_RESULT;
  if (method === 'tools/call') return call(id, params ?? {}, modern);
  if (id === undefined) return;
  if (method === 'tools/list') say(id, { tools: TOOL_LIST, ...modern });
  else if (method === 'server/discover') say(id, { supportedVersions: ['2026-07-28', '2025-11-25'], ...INFO, ...modern });
  else say(id, modern);
}

async function call(id: unknown, params: NonNullable<Message['params']>, modern: object): Promise<void> {
  const { name, arguments: args } = params;
  const mark = markOfCall(params, sessionMark);
  const script = await scriptOf(mark);
  const result = { ...resultOf(String(name), args), ...modern };
  const lines = plain(id, result);
  output[script.output ?? '']?.act(lines);
  if (lines.runs) await tell({ what: 'executed', server: NAME, name: String(name), args }, mark);
  if (id === undefined) return;
  if (lines.exit === 'instead') process.exit(3);
  await write(lines);
  if (lines.exit === 'behind') process.exit(3);
}

function plain(id: unknown, result: object): Lines {
  const response = JSON.stringify({ jsonrpc: '2.0', id, result });
  return { response, id: JSON.stringify(id ?? null), output: `${response}\n`, pieces: 1, runs: true };
}

function say(id: unknown, result: object): void {
  process.stdout.write(plain(id, result).output);
}

async function write({ output: all, pieces }: Lines): Promise<void> {
  const bytes = Buffer.from(all as string);
  const step = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length; at += step) {
    await new Promise((resolve) => process.stdout.write(bytes.subarray(at, at + step), resolve));
    if (pieces > 1) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
