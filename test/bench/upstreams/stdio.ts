import { createInterface } from 'node:readline';
import { type CallArguments, REVISION, resultText, TOOL_LIST } from '../calls';

/** The instant server on standard input and output, for bridges that start their server themselves. */
interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params: { readonly arguments: CallArguments; readonly clientInfo: { readonly name: string } };
}

/** The one session that a process has: as its opener named it. */
let session = '';

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as Message;
  if (id !== undefined) process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method, params) })}\n`);
});

function resultOf(method: string, params: Message['params']): object {
  if (method === 'initialize') {
    session = params.clientInfo.name;
    return { protocolVersion: REVISION, capabilities: { tools: {} }, serverInfo: { name: 'instant', version: '1' } };
  }
  if (method === 'tools/list') return { tools: TOOL_LIST };
  return { content: [{ type: 'text', text: resultText(session, params.arguments) }] };
}
