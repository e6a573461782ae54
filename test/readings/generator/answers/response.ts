import type { Written } from '../members';
import { asStream, type Reply } from '../reply';
import { answers, either, instead, LEGACY, lost, same, say } from './answer';

/** The id of the response. */
export const answerId = answers(
  {},
  {
    'text-for-number': { kind: 'B1', expect: 'same', act: (r) => r.envelope.set('id', swapped(r.envelope.get('id'))) },
    'text-for-number-on-stream': {
      kind: 'B1',
      expect: 'same',
      act: (r) => {
        asStream(r);
        r.envelope.set('id', swapped(r.envelope.get('id')));
      },
    },
    other: lost((r) => r.envelope.set('id', '"somebody-else"'), 'B1'),
    'other-on-stream': lost((r) => {
      asStream(r);
      r.envelope.set('id', '987654');
    }, 'B1'),
    null: lost((r) => r.envelope.set('id', 'null'), 'B1'),
    'null-on-stream': lost((r) => {
      asStream(r);
      r.envelope.set('id', 'null');
    }, 'B1'),
    absent: lost((r) => r.envelope.remove('id'), 'B1'),
    twice: lost((r) => r.envelope.add('id', '"somebody-else"')),
    'twice-first': lost((r) => r.envelope.addFirst('id', '"somebody-else"')),
    array: lost((r) => r.envelope.set('id', `[${text(r.envelope.get('id'))}]`), 'B1'),
    spaced: lost((r) => r.envelope.set('id', JSON.stringify(` ${text(r.envelope.get('id')).replaceAll('"', '')}`)), 'B1'),
  },
);

/** What comes before, behind and beside the response. */
export const order = answers(
  {},
  {
    'notification-first': same((r) => say(r, 'before', NOTIFICATION), 'B1'),
    'progress-nobody-asked-for': same((r) => say(r, 'before', PROGRESS), 'B1'),
    'request-first': { ...same((r) => say(r, 'before', PING), 'B1'), needs: LEGACY },
    'notification-behind': either((r) => say(r, 'after', NOTIFICATION), 'B1'),
    'stranger-first': same((r) => say(r, 'before', STRANGER), 'B1'),
    'stranger-with-forbidden-tools': same((r) => say(r, 'before', FORBIDDEN_LIST), 'B1'),
    twice: same((r) => say(r, 'after', r.envelope.text()), 'B1'),
    'two-that-differ': same((r) => say(r, 'after', OTHER_RESULT(r)), 'B1'),
    batch: { ...either((r) => batched(r), 'B1'), needs: LEGACY },
    'on-get': { ...either((r) => onGet(r), 'B1'), needs: LEGACY, states: ['unknown', 'confirmed'] },
    'response-and-method': lost((r) => r.envelope.add('method', '"notifications/message"'), 'B1'),
    'notification-first-json-array': { ...lost((r) => instead(r, `[${NOTIFICATION}]`), 'B1'), needs: LEGACY },
  },
);

const NOTIFICATION = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"on the way"}}';
const PROGRESS = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"nobody","progress":1}}';
const PING = '{"jsonrpc":"2.0","id":"from-the-server","method":"ping"}';
const STRANGER = '{"jsonrpc":"2.0","id":"somebody-else","result":{"content":[{"type":"text","text":"not yours"}]}}';
const FORBIDDEN_LIST = '{"jsonrpc":"2.0","id":"somebody-else","result":{"tools":[{"name":"admin","inputSchema":{"type":"object"}}]}}';
const OTHER_RESULT = (r: Reply) =>
  `{"jsonrpc":"2.0","id":${text(r.envelope.get('id'))},"result":{"content":[],"tools":[{"name":"admin"}]}}`;

function text(value: Written | undefined): string {
  return typeof value === 'string' ? value : (value?.text() ?? 'null');
}

/** `7` for `"7"`, and the other way round; an id that is neither stays. */
function swapped(id: Written | undefined): string {
  const plain = text(id);
  if (/^-?\d+$/.test(plain)) return `"${plain}"`;
  return /^"\d+"$/.test(plain) ? plain.slice(1, -1) : plain;
}

function batched(reply: Reply): void {
  instead(reply, `[${reply.envelope.text()}]`);
}

function onGet(reply: Reply): void {
  reply.viaGet = true;
}
