import { memberText, readMembers, writeMembers } from '../json-members';
import type { Message } from '../message';
import { upstreamProgressToken } from '../upstream-id';

/**
 * What a server is sent for a message of an agent: our own text, so that nothing is left to be read otherwise. Absent stands for null
 * in `params`, `arguments` and `_meta`; ids and progress tokens are ours; every value is as it was written.
 * @param text canonical text of the message
 * @param id of the request, or for `notifications/cancelled` of the request that it names
 */
export function upstreamText(message: Message, text: string, id: number): string {
  if (message.kind === 'response') {
    const said = readMembers(text);
    const member = said.get('error') === undefined || said.get('error') === 'null' ? 'result' : 'error';
    return `{"jsonrpc":"2.0","id":${said.get('id')},"${member}":${said.get(member)}}`;
  }
  const head = `{"jsonrpc":"2.0",${message.kind === 'request' ? `"id":${id},` : ''}"method":${JSON.stringify(message.method)}`;
  const given = memberText(text, 'params') ?? 'null';
  if (given === 'null') return `${head}}`;
  if (isAllItsOwn(message)) return `${head},"params":${given}}`;
  const params = readMembers(given);
  if (params.get('arguments') === 'null') params.delete('arguments');
  if (params.get('_meta') === 'null') params.delete('_meta');
  const { progressToken } = message.meta;
  if (message.kind === 'request' && (typeof progressToken === 'string' || typeof progressToken === 'number')) {
    const meta = readMembers(params.get('_meta')).set('progressToken', JSON.stringify(upstreamProgressToken(id, progressToken)));
    params.set('_meta', writeMembers(meta));
  }
  if (message.method === 'notifications/cancelled') params.set('requestId', String(id));
  return `${head},"params":${writeMembers(params)}}`;
}

/** Whether its params hold nothing that is said otherwise to a server, as most do not. */
function isAllItsOwn({ method, params, meta }: Exclude<Message, { kind: 'response' }>): boolean {
  return params.arguments !== null && params._meta !== null && meta.progressToken === undefined && method !== 'notifications/cancelled';
}
