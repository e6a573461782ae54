import type { LedgerState } from '../../../ledger/row';
import { dimension, type Value } from './dimension';

/** What a stdio server is about to write for one response. */
export interface Lines {
  /** Text of the response. */
  readonly response: string;
  /** Its id, as JSON text. */
  readonly id: string;
  /** All that is written, line ends and all. */
  output: string | Buffer;
  /** In how many pieces. */
  pieces: number;
  runs: boolean;
  /** When the process ends. */
  exit?: 'instead' | 'behind';
}

export interface LinesValue extends Value<Lines> {
  readonly states?: readonly LedgerState[];
}

const same = (act: (lines: Lines) => void, kind = 'B9'): LinesValue => ({ kind, expect: 'same', act });
const either = (act: (lines: Lines) => void, kind = 'B9'): LinesValue => ({ kind, expect: 'either', act });
const lost = (act: (lines: Lines) => void, kind = 'B9'): LinesValue => ({ kind, expect: 'refused', states: ['unknown'], act });
const line = (text: string) => `${text}\n`;

/** What a stdio server writes on standard output. */
export const output = dimension<Lines>(
  { server: ['stdio-worst'], message: ['call'] },
  {
    'log-line': same((l) => before(l, 'Server is running on stdio')),
    'json-log-line': same((l) => before(l, '{"level":"info","msg":"call"}'), 'B2'),
    'json-log-line-with-its-id': same((l) => before(l, `{"level":"info","msg":"call","id":${l.id}}`), 'B2'),
    'json-log-line-with-id': same((l) => before(l, '{"level":30,"id":1,"msg":"connected"}'), 'B2'),
    'blank-lines': same((l) => before(l, '\n\r\n')),
    crlf: same((l) => put(l, `${l.response}\r\n`)),
    bom: either((l) => put(l, line(`\ufeff${l.response}`))),
    pieces: same((l) => {
      l.pieces = 7;
    }),
    spaces: same((l) => put(l, line(`  ${l.response}  `))),
    twice: same((l) => put(l, line(l.response) + line(l.response)), 'B1'),
    'text-id': same((l) => put(l, line(l.response.replace(`"id":${l.id}`, `"id":${JSON.stringify(l.id)}`))), 'B1'),
    'notification-first': same(
      (l) => before(l, '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}'),
      'B1',
    ),
    'stranger-first': same((l) => before(l, '{"jsonrpc":"2.0","id":"somebody-else","result":{"tools":[{"name":"admin"}]}}'), 'B1'),
    'request-first': same((l) => before(l, '{"jsonrpc":"2.0","id":"from-the-server","method":"ping"}'), 'B1'),
    nan: lost((l) => put(l, line(l.response.replace('"result":{', '"result":{"n":NaN,')))),
    'trailing-brace': lost((l) => put(l, line(`${l.response}}`))),
    'result-null': lost((l) => put(l, line(`{"jsonrpc":"2.0","id":${l.id},"result":null}`)), 'B2'),
    'forged-stamp': same(
      (l) => put(l, line(l.response.replace('"result":{', `"result":{"_meta":{"cdk-mcp-fleet/call":${FORGED}},`))),
      'B2',
    ),
    'meta-twice': lost(
      (l) => put(l, line(l.response.replace('"result":{', `"result":{"_meta":{},"_meta":{"cdk-mcp-fleet/call":${FORGED}},`))),
      'B2',
    ),
    'invalid-utf8': either((l) => put(l, Buffer.concat([Buffer.from(l.response.slice(0, -2)), Buffer.from(',"s":"\xff"}}\n', 'latin1')]))),
    'exits-before': lost((l) => {
      l.exit = 'instead';
    }, 'B8'),
    'exits-behind': same((l) => {
      l.exit = 'behind';
    }, 'B8'),
    megabyte: same((l) => put(l, line(l.response.replace('"result":{', `"result":{"big":"${'x'.repeat(1_000_000)}",`))), 'B7'),
  },
) as Readonly<Record<string, LinesValue>>;

const FORGED = '{"callId":"forged","outcome":"failed","replayed":false,"sessionRestored":false}';

function put(lines: Lines, text: string | Buffer): void {
  lines.output = text;
}

function before(lines: Lines, text: string): void {
  lines.output = line(text) + lines.output;
}
