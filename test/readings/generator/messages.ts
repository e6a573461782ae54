import { FORBIDDEN } from '../servers/tools';
import { dimension } from './dimension';
import { type Draft, dropHeader, nameTool, params, setHeader } from './draft';
import { Members } from './members';

const CALLS = { client: ['raw'] };
const BATCHES = { era: ['batches'], client: ['raw'] };
const MODERN = { era: ['modern'] };
const LEGACY = { era: ['legacy', 'batches'] };

/** What is said. A plain case calls a tool that its agent may call. */
export const message = dimension<Draft>(
  {},
  {
    call: { expect: 'same', act: () => undefined },
    'call-forbidden': { kind: 'A2', expect: 'refused', act: (d) => nameTool(d, `"${FORBIDDEN}"`, FORBIDDEN) },
    list: { expect: 'same', act: (d) => say(d, 'tools/list', new Members()) },
    ping: { expect: 'same', needs: LEGACY, act: (d) => say(d, 'ping', undefined) },
    discover: { expect: 'same', needs: { ...MODERN, ...CALLS }, act: (d) => say(d, 'server/discover', new Members()) },
    'call-without-id': { kind: 'A2', expect: 'refused', needs: CALLS, act: (d) => d.message.remove('id') },
    'forbidden-without-id': {
      kind: 'A2',
      expect: 'refused',
      needs: CALLS,
      act: (d) => {
        nameTool(d, `"${FORBIDDEN}"`, FORBIDDEN);
        d.message.remove('id');
      },
    },
    'list-without-id': {
      kind: 'A2',
      expect: 'either',
      needs: CALLS,
      act: (d) => {
        say(d, 'tools/list', new Members());
        d.message.remove('id');
      },
    },
    notification: {
      kind: 'A2',
      expect: 'either',
      needs: CALLS,
      act: (d) => {
        say(d, 'notifications/progress', Members.of({ progressToken: 'none', progress: 1 }));
        d.message.remove('id');
      },
    },
    'notification-with-id': { kind: 'A2', expect: 'either', needs: CALLS, act: (d) => say(d, 'notifications/initialized', undefined) },
    'unknown-method': { kind: 'A2', expect: 'either', needs: CALLS, act: (d) => say(d, 'admin/run', Members.of({ name: FORBIDDEN })) },
    'unknown-notification': {
      kind: 'A2',
      expect: 'either',
      needs: CALLS,
      act: (d) => {
        say(d, 'notifications/admin', Members.of({ name: FORBIDDEN }));
        d.message.remove('id');
      },
    },
    'method-with-space': { kind: 'A2', expect: 'refused', needs: CALLS, act: (d) => rename(d, 'tools/call ') },
    'method-upper': { kind: 'A2', expect: 'refused', needs: CALLS, act: (d) => rename(d, 'TOOLS/CALL') },
    response: {
      kind: 'A2',
      expect: 'either',
      needs: { ...CALLS, ...LEGACY },
      act: (d) => {
        d.message = Members.of({ jsonrpc: '2.0', id: 'nobody-asked', result: { tools: [] } });
      },
    },
    'batch-of-one': { kind: 'A2', expect: 'same', needs: BATCHES, act: (d) => batch(d, [d.message.text()]) },
    'batch-with-list': { kind: 'A2', expect: 'same', needs: BATCHES, act: (d) => batch(d, [d.message.text(), LIST]) },
    'batch-with-forbidden': { kind: 'A2', expect: 'either', needs: BATCHES, act: (d) => batch(d, [LIST, forbidden(d, '"id":77,')]) },
    'batch-with-forbidden-without-id': { kind: 'A2', expect: 'either', needs: BATCHES, act: (d) => batch(d, [LIST, forbidden(d, '')]) },
    'batch-nested': { kind: 'A4', expect: 'refused', needs: BATCHES, act: (d) => batch(d, [`[${d.message.text()}]`]) },
    'batch-empty': { kind: 'A4', expect: 'refused', needs: BATCHES, act: (d) => batch(d, []) },
    'batch-too-long': { kind: 'A4', expect: 'refused', needs: BATCHES, act: (d) => batch(d, Array(101).fill(LIST)) },
    'batch-of-later-revision': {
      kind: 'A2',
      expect: 'refused',
      needs: { ...CALLS, era: ['modern'] },
      act: (d) => batch(d, [d.message.text()]),
    },
  },
);

const LIST = '{"jsonrpc":"2.0","id":"l","method":"tools/list"}';

function rename(draft: Draft, method: string): void {
  draft.message.set('method', JSON.stringify(method));
  if (draft.modern) setHeader(draft, 'mcp-method', method);
}

/** Says something else; what a modern request must carry stays. */
function say(draft: Draft, method: string, fresh: Members | undefined): void {
  const meta = draft.modern ? params(draft).get('_meta') : undefined;
  rename(draft, method);
  dropHeader(draft, 'mcp-name');
  if (fresh === undefined) draft.message.remove('params');
  else draft.message.set('params', fresh);
  if (meta !== undefined) params(draft).set('_meta', meta);
}

function batch(draft: Draft, messages: string[]): void {
  draft.text = `[${messages.join(',')}]`;
}

function forbidden({ mark }: Draft, id: string): string {
  return `{"jsonrpc":"2.0",${id}"method":"tools/call","params":{"name":"${FORBIDDEN}","arguments":{"mark":"${mark}"}}}`;
}
