import { FORBIDDEN } from '../servers/tools';
import { dimension } from './dimension';
import { args, type Draft, meta, params } from './draft';

const CALL = { client: ['raw'], message: ['call'] };
const KEYED = { ...CALL, tool: ['keyed'] };
const LIST = { client: ['raw'], message: ['list'] };
const ADMIN = `"${FORBIDDEN}"`;

const refused = (act: (draft: Draft) => void, needs: Record<string, string[]> = CALL) =>
  ({ kind: 'A3', expect: 'refused', needs, act }) as const;
const same = (act: (draft: Draft) => void) => ({ kind: 'A3', expect: 'same', needs: CALL, act }) as const;

/** Names of members that come twice, or that another parser takes for each other. */
export const names = dimension<Draft>(
  {},
  {
    'name-twice': refused((d) => params(d).add('name', ADMIN)),
    'name-twice-first': refused((d) => params(d).addFirst('name', ADMIN)),
    'name-twice-escaped': refused((d) => params(d).addRaw('"n\\u0061me"', ADMIN)),
    'name-cased-behind': refused((d) => params(d).add('Name', ADMIN)),
    'name-cased-before': refused((d) => params(d).addFirst('NAME', ADMIN)),
    'name-cased-alone': refused((d) => params(d).rename('name', '"Name"')),
    'params-twice': refused((d) => d.message.add('params', hidden(d))),
    'params-cased': refused((d) => d.message.add('Params', hidden(d))),
    'params-long-s': refused((d) => d.message.add('param\u017f', hidden(d))),
    'params-long-s-escaped': refused((d) => d.message.addRaw('"param\\u017f"', hidden(d))),
    'params-long-s-alone': refused((d) => d.message.rename('params', '"param\u017f"')),
    'method-twice': refused((d) => d.message.addFirst('method', '"tools/list"')),
    'method-cased': refused((d) => d.message.add('Method', '"tools/call"').set('params', hidden(d)), LIST),
    'method-cased-on-call': refused((d) => d.message.add('METHOD', '"tools/list"')),
    'id-twice': refused((d) => d.message.add('id', '"other"')),
    'id-cased': refused((d) => d.message.add('ID', '"other"')),
    'jsonrpc-twice': refused((d) => d.message.add('jsonrpc', '"2.0"').add('jsonrpc', '"2.0"')),
    'jsonrpc-cased': refused((d) => d.message.add('JsonRpc', '"2.0"')),
    'arguments-twice': refused((d) => params(d).add('arguments', '{"other":1}').add('arguments', '{"other":2}')),
    'arguments-cased': refused((d) => params(d).add('Arguments', '{"other":1}')),
    'arguments-long-s': refused((d) => params(d).add('argument\u017f', '{"other":1}')),
    'meta-cased': refused((d) => params(d).add('_Meta', '{}')),
    'meta-twice': refused((d) => params(d).add('_meta', '{}').add('_meta', '{}')),
    'key-cased': refused((d) => meta(d).set(KEY, '"k1"').add(KEY.toUpperCase(), '"k2"')),
    'key-kelvin': refused((d) => meta(d).set(KEY, '"k1"').add(KEY.replace('cdk', 'cd\u212a'), '"k2"')),
    'key-twice': refused((d) => meta(d).set(KEY, '"k1"').add(KEY, '"k2"')),
    'key-kelvin-alone': refused((d) => meta(d).add(KEY.replace('cdk', 'cd\u212a'), '"k2"')),
    'token-kelvin': refused((d) => meta(d).set('progressToken', '1').add('progressTo\u212aen', '2')),
    'key-argument-cased': refused((d) => args(d).add('Reference', '"other"'), KEYED),
    'key-argument-twice': refused((d) => args(d).add('reference', '"other"'), KEYED),
    'argument-twice': refused((d) => args(d).add('amount', '2')),
    'argument-cased': { ...same((d) => args(d).add('note', '"a"').add('Note', '"b"')), expect: 'either' },
    'argument-proto': same((d) => args(d).add('__proto__', '{"a":1}')),
    'argument-constructor': same((d) => args(d).add('constructor', '{"prototype":1}')),
    'argument-empty-name': same((d) => args(d).add('', '1')),
    'params-proto': { ...same((d) => params(d).add('__proto__', '{"name":"admin"}')), expect: 'either' },
    'unknown-in-params': { ...same((d) => params(d).add('tool', ADMIN)), expect: 'either' },
    'unknown-in-envelope': { ...same((d) => d.message.add('tool', ADMIN)), expect: 'either' },
    'result-beside-method': { ...refused((d) => d.message.add('result', '{}')), expect: 'either' },
    'error-beside-method': { ...refused((d) => d.message.add('error', '{"code":1,"message":"x"}')), expect: 'either' },
  },
);

const KEY = 'cdk-mcp-fleet/idempotencyKey';

/** Parameters of a call that this agent may not make. */
function hidden({ mark, message }: Draft): string {
  const standing = message.get('params');
  const standingMeta = typeof standing === 'object' ? standing.get('_meta') : undefined;
  const written = typeof standingMeta === 'string' ? standingMeta : standingMeta?.text();
  return `{"name":${ADMIN},"arguments":{"mark":"${mark}"}${written === undefined ? '' : `,"_meta":${written}`}}`;
}
