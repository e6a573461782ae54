import assert from 'node:assert/strict';
import type { ErrorName } from '../../../core/errors';
import * as headers from '../../../core/headers';
import { each, product, type Threat } from '../threat';
import { call, ERAS } from '../town/messages';
import type { Town } from '../town/town';
import { didNothing, refused, refusedAs, served } from '../verdicts';

/** Every header that the project knows by name. */
const KNOWN = Object.entries<unknown>({ ...headers }).flatMap(([constant, name]) =>
  constant.endsWith('_HEADER') && typeof name === 'string' ? [name] : [],
);

/** Headers by which an agent says something of its own; all others of the fleet's are nobody's word at the door. */
const MEANT: Readonly<Record<string, readonly ErrorName[] | 'served'>> = {
  [headers.TASK_HEADER]: 'served',
  [headers.IDEMPOTENCY_KEY_HEADER]: 'served',
  [headers.SESSION_HEADER]: ['UNKNOWN_SESSION'],
  [headers.PROTOCOL_VERSION_HEADER]: ['UNSUPPORTED_VERSION', 'HEADER_MISMATCH'],
  [headers.METHOD_HEADER]: ['HEADER_MISMATCH'],
  [headers.NAME_HEADER]: ['HEADER_MISMATCH'],
  [headers.LAST_EVENT_ID_HEADER]: 'served',
};

const INTERNAL = KNOWN.filter((name) => !(name in MEANT));

/** What somebody might write into one. */
const VALUES: Readonly<Record<string, (town: Town) => string>> = {
  'a word': () => 'forged',
  'a number': () => '1',
  'a context of one’s own': () => `${Buffer.from('{"agent":"x","server":"vault","claimed":true}').toString('base64url')}.AAAA`,
};

/** That a server was shown nothing that is not its own. */
function sawNothing(town: Town, mark: string, name: string, value: string): void {
  for (const { headers: seen } of town.witness.of(mark)) {
    assert.ok(seen[name] === undefined || seen[name] !== value, `the server saw ${name}: ${value}`);
    const own = Object.keys(seen).filter((one) => one.startsWith('mcp-fleet-') || one === 'authorization' || one === 'cookie');
    assert.deepEqual(own, [], 'the server saw what is the fleet’s');
  }
}

export const HEADER_THREATS: readonly Threat[] = [
  {
    id: 'header-forged',
    boundary: 'agent',
    threat: 'An internal header from outside: a signed context, an instance, its slots, a reason, each that `core/headers` names.',
    asset: 'who a sidecar believes is calling',
    answer: 'A gateway sends a list of headers upstream and nothing else; what it signs it makes itself',
    mutation: {
      program: 'gateway',
      file: 'gateway/upstream/upstreams.ts',
      find: "if (typeof value === 'string' && (PASSED_HEADERS.has(name) || name.startsWith(PARAM_HEADER_PREFIX)))",
      put: "if (typeof value === 'string' && name.startsWith('mcp-') && name !== 'mcp-session-id')",
    },
    attacks: each(
      product(product(ERAS, INTERNAL), Object.keys(VALUES)),
      ([[era, name], what]) => `${era}: ${name} is ${what}`,
      async ([[era, name], what], town) => {
        const mark = town.mark();
        const value = VALUES[what]?.(town) ?? '';
        const answer = await town.ask(call(era, 'open', { mark }), { era, headers: { [name]: value } });
        served(town, answer, mark);
        sawNothing(town, mark, name, value);
      },
    ),
  },
  {
    id: 'header-agent',
    boundary: 'agent',
    threat: 'An agent’s token, its cookies or a proxy’s words are passed on to a server (token passthrough).',
    asset: 'tokens of agents',
    answer: 'A gateway sends a list of headers upstream; a sidecar withholds what holds authority once more',
    mutation: {
      program: 'gateway',
      file: 'gateway/upstream/upstreams.ts',
      find: "  'baggage',\n",
      put: "  'baggage', 'x-forwarded-access-token', 'forwarded', 'x-amzn-oidc-data', 'proxy-authorization', 'x-api-key', 'x-original-url', 'x-http-method-override',\n",
    },
    attacks: each(
      product(ERAS, [
        ...['cookie', 'proxy-authorization', 'x-api-key', 'x-forwarded-access-token', 'x-amzn-oidc-data'],
        ...['forwarded', 'x-original-url', 'x-http-method-override', 'x-forwarded-for'],
      ]),
      ([era, name]) => `${era}: ${name}`,
      async ([era, name], town) => {
        const mark = town.mark();
        const answer = await town.ask(call(era, 'open', { mark }), { era, headers: { [name]: 'the-agents-own' } });
        served(town, answer, mark);
        sawNothing(town, mark, name, 'the-agents-own');
        const token = await town.token('reader');
        assert.ok(!JSON.stringify(town.witness.of(mark)).includes(token), 'the server saw the token');
      },
    ),
  },
  {
    id: 'header-disagrees',
    boundary: 'agent',
    threat: 'A header says one thing and the body another: method, name, revision, session, key.',
    asset: 'what a balancer or a firewall decided by a header',
    answer: 'The body decides, and a header that does not repeat it is refused',
    mutation: {
      program: 'gateway',
      file: 'gateway/http/agreement.ts',
      find: 'if (header !== undefined && header !== body) throw mismatch',
      put: 'if (header !== undefined && body === undefined) throw mismatch',
    },
    attacks: [
      ...each(
        product(
          ERAS,
          KNOWN.filter((name) => name in MEANT),
        ),
        ([era, name]) => `${era}: ${name} is made up`,
        async ([era, name], town) => {
          const mark = town.mark();
          const answer = await town.ask(call(era, 'open', { mark }), { era, headers: { [name]: 'made-up' } });
          const expected = era === 'modern' && name === headers.SESSION_HEADER ? 'served' : (MEANT[name] ?? 'served');
          // In the legacy era no header repeats the revision of the body; what it names must be known.
          if (expected === 'served') served(town, answer, mark);
          else refusedAs(town, answer, expected, mark);
        },
      ),
      ...each(
        ['tools/list', 'Tools/Call', 'tools/call ', 'tools%2Fcall', 'initialize', ''],
        (method) => `modern: Mcp-Method ${JSON.stringify(method)} over a call`,
        async (method, town) => {
          const mark = town.mark();
          const answer = await town.ask(call('modern', 'store', { mark }), { era: 'modern', headers: { 'mcp-method': method } });
          // A space around it is no part of a field's value (RFC 9110 § 5.5).
          if (method.trim() === 'tools/call') served(town, answer, mark);
          else refused(town, answer, 'HEADER_MISMATCH', mark);
        },
      ),
      ...each(
        // Encoded are burn, half of open, and open with a space or a byte order mark before it.
        [
          'burn',
          'OPEN',
          'open2',
          '=?base64?YnVybg==?=',
          '=?base64?b3Blbg?=',
          '=?base64?IG9wZW4=?=',
          '=?base64?77u/b3Blbg==?=',
          'open,burn',
        ],
        (name) => `modern: Mcp-Name ${name} over a call of open`,
        async (name, town) => {
          const mark = town.mark();
          const answer = await town.ask(call('modern', 'open', { mark }), { era: 'modern', headers: { 'mcp-name': name } });
          refused(town, answer, 'HEADER_MISMATCH', mark);
        },
      ),
    ],
  },
  {
    id: 'header-twice',
    boundary: 'agent',
    threat: 'A header by which something is decided comes twice, or holds bytes that are read in two ways.',
    asset: 'that edge, gateway and server decide on one value',
    answer: 'One value of visible ASCII, or 400; where the edge is the first to see it, its own refusal',
    mutation: {
      program: 'gateway',
      file: 'gateway/http/request-head.ts',
      find: 'if (seen.has(name)) throw',
      put: "if (name === '') throw",
    },
    attacks: [
      ...each(
        product(
          ['edge', 'gateway'] as const,
          [
            ['authorization', 'Bearer AAAA'],
            ['mcp-session-id', 'AAAA'],
            ['idempotency-key', 'another'],
            ['mcp-fleet-task', 'another'],
            ['mcp-name', 'burn'],
            ['mcp-method', 'tools/list'],
            ['mcp-param-x', '2'],
            ['content-type', 'text/plain'],
            ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
            ['last-event-id', '1'],
          ] as const,
        ),
        ([at, [name]]) => `${at}: ${name} twice`,
        async ([at, [name, second]], town) => {
          const mark = town.mark();
          const first = { 'idempotency-key': mark, 'mcp-fleet-task': 'one', 'mcp-param-x': '1', traceparent: second, 'last-event-id': '0' };
          const era = name === 'mcp-session-id' ? 'legacy' : 'modern';
          const given = name in first ? { [name]: first[name as keyof typeof first] } : {};
          const answer = await town.ask(call(era, 'open', { mark }), { era, at, headers: given, more: [[name, second]] });
          refused(town, answer, 'HEADER_MISMATCH', mark);
        },
      ),
      ...each(
        ['idempotency-key', 'mcp-fleet-task', 'mcp-name', 'mcp-session-id', 'traceparent'],
        (name) => `gateway: ${name} beyond ASCII`,
        async (name, town) => {
          const mark = town.mark();
          const answer = await town.ask(call('modern', 'open', { mark }), {
            era: 'modern',
            at: 'gateway',
            headers: { [name]: 'caf\u00e9' },
          });
          refused(town, answer, 'HEADER_MISMATCH', mark);
        },
      ),
    ],
  },
  {
    id: 'origin-foreign',
    boundary: 'agent',
    threat: 'A page of another origin calls the fleet from somebody’s browser (DNS rebinding).',
    asset: 'agents that run where people browse',
    answer: 'An `Origin` that is not declared is refused, whatever token comes with it',
    mutation: {
      program: 'gateway',
      file: 'gateway/identity/caller.ts',
      find: 'if (origin !== undefined && !isAllowedOrigin',
      put: "if (origin === '' && !isAllowedOrigin",
    },
    attacks: each(
      product(
        [
          'https://evil.example',
          'null',
          'http://127.0.0.1.evil.example',
          'file://',
          'https://evil.example:443',
          'http://localhost@evil.example',
        ],
        ['POST', 'GET', 'DELETE'] as const,
      ),
      ([origin, method]) => `${method} of ${origin}`,
      async ([origin, method], town) => {
        const mark = town.mark();
        const answer = await town.ask(call('legacy', 'open', { mark }), { method, headers: { origin } });
        refused(town, answer, 'ORIGIN_DENIED', mark);
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
        didNothing(town, mark);
      },
    ),
  },
];
