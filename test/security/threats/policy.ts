import assert from 'node:assert/strict';
import { METHODS } from '../../../core/methods';
import { each, product, type Threat } from '../threat';
import type { AgentName } from '../town/app';
import { call, ERAS, say } from '../town/messages';
import { GRANTED_TOOLS, MOST_LENT } from '../town/tools';
import { didNothing, refused, refusedAs, row, served } from '../verdicts';

/** Names that somebody hopes are read as that of a tool that is granted, or that is not. */
const NAMES: readonly string[] = [
  ...['burn', 'Burn', 'BURN', ' burn', 'burn ', 'burn\0', 'burn\n', 'burn/../open', 'open,burn', 'open burn', 'open\0burn'],
  ...['Open', 'OPEN', ' open', 'open ', 'open\t', 'open\u200b', '\ufeffopen', 'ope\u0301n', '\uff4fpen', '\u03bfpen', 'o\u00adpen', 'opeп'],
  ...[
    'ope',
    'open2',
    'opens',
    'open.burn',
    'open/burn',
    'vault/open',
    '*',
    '.*',
    '__proto__',
    'constructor',
    'toString',
    'open%00',
    '%6fpen',
  ],
];

/** Arguments of `lend` beyond its bounds. */
const LOANS: Readonly<Record<string, string>> = {
  'one more': `"amount":${MOST_LENT + 1}`,
  'a hair more': `"amount":${MOST_LENT}.0000000000000000000001`,
  'one less than nothing': '"amount":-1',
  'less than nothing by a hair': '"amount":-0.0000000000000000000000001',
  'by an exponent': '"amount":1e4',
  'by an exponent and a point': '"amount":1.0001e3',
  'as text': `"amount":"${MOST_LENT}"`,
  'as a list': '"amount":[1]',
  'as null': '"amount":null',
  'as true': '"amount":true',
  'as an object': '"amount":{"valueOf":1}',
  'left out': '"sum":1',
  'in another case beside it': '"amount":1,"Amount":999999',
  'in another case': '"AMOUNT":1',
  'under a folded name': '"amount":1,"\u00e0mount":1,"amoun\u0074":1'.replace(',"amount":1', ''),
  'to somebody else': '"amount":1,"to":"evil-1"',
  'to somebody else by a list': '"amount":1,"to":["acme-1"]',
  'to somebody in capitals': '"amount":1,"to":"ACME-1"',
  'to somebody, in capitals beside it': '"amount":1,"to":"acme-1","TO":"evil"',
};

const URIS: readonly string[] = [
  ...[
    'vault://secret/1',
    'vault://public/../secret/1',
    'vault://public/%2e%2e/secret/1',
    'vault://public/%2E%2E/secret',
    'vault://PUBLIC/1',
  ],
  ...['VAULT://public/1', 'vault://public//1', 'vault://public/./1', 'vault://public/%31', 'vault://public\\1', 'vault://public@secret/1'],
  ...[
    'vault://public/1#secret',
    'vault:/public/1',
    'vault://public',
    'vault://public%2f1',
    'file:///etc/passwd',
    'vault://public/1%00',
    'vault://public/\u00e9',
    ' vault://public/1',
  ],
];

/** Requests of an agent that name nothing, for one who may not use the server at all. */
const REQUESTS = Object.entries(METHODS).filter(
  ([, { kind, from, grant }]) => kind === 'request' && from !== 'server' && grant === 'server',
);

export const POLICY_THREATS: readonly Threat[] = [
  {
    id: 'tool-ungranted',
    boundary: 'agent',
    threat: 'A tool that is not granted, by its name or by one that is read as another: case, spaces, look-alikes, normal forms.',
    asset: 'tools that an agent may not use',
    answer: 'Names are compared character by character; nothing is allowed by default',
    mutation: {
      program: 'gateway',
      file: 'gateway/authorize.ts',
      find: "if (refusal !== undefined) throw new FleetError('DENIED'",
      put: "if (refusal === '') throw new FleetError('DENIED'",
    },
    attacks: each(
      product(ERAS, NAMES),
      ([era, name]) => `${era}: ${JSON.stringify(name)}`,
      async ([era, name], town) => {
        const mark = town.mark();
        const said = call(era, name, { mark });
        // A header holds no such name as it is (MCP 2026-07-28, § Value Encoding).
        const named =
          era === 'modern' && !/^[\x21-\x7e]+$/.test(name) ? { 'mcp-name': `=?base64?${Buffer.from(name).toString('base64')}?=` } : {};
        const data = refused(town, await town.ask(said, { era, headers: named }), 'DENIED', mark);
        return row({ agent: 'reader', server: 'vault', error: 'DENIED', tool: name }, data);
      },
    ),
  },
  {
    id: 'server-ungranted',
    boundary: 'agent',
    threat: 'An agent uses a server of which nothing is granted to it, by any method.',
    asset: 'servers of other teams',
    answer: 'The authorizer’s decision on agent and server stands before everything that is done for a message',
    mutation: {
      program: 'gateway',
      file: 'gateway/authorize.ts',
      find: "if (decision.effect === 'deny') throw",
      put: "if (decision.reason === '') throw",
    },
    attacks: each(
      product(['nobody', 'banned'] as const, [
        ...REQUESTS.map(([method]) => method),
        'tools/call',
        'resources/read',
        'prompts/get',
        'x/unknown',
      ]),
      ([agent, method]) => `${agent}: ${method}`,
      async ([agent, method], town) => {
        const mark = town.mark();
        const era = METHODS[method]?.eras.includes('legacy') === false ? 'modern' : 'legacy';
        const params = {
          name: 'open',
          arguments: { mark },
          uri: 'vault://public/1',
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: mark, version: '1' },
          level: 'info',
        };
        const answer = await town.ask(say(era, method, method === 'server/discover' ? {} : params), { agent, session: '', era });
        const data = refused(town, answer, 'SERVER_DENIED', mark);
        const tool = method === 'tools/call' ? 'open' : method;
        return row({ agent, server: 'vault', error: 'SERVER_DENIED', tool }, data);
      },
    ),
  },
  {
    id: 'deny-wins',
    boundary: 'operator',
    threat: 'Somebody who was granted something, and then denied, goes on.',
    asset: 'that an agent can be cut off',
    answer: 'A denial wins over every grant, whoever wrote it',
    mutation: {
      program: 'authorizer',
      file: 'core/policy.ts',
      find: 'if (banned) return deny',
      put: "if (banned?.server === '') return deny",
    },
    attacks: each(
      product(ERAS, GRANTED_TOOLS),
      ([era, tool]) => `${era}: ${tool}`,
      async ([era, tool], town) => {
        const mark = town.mark();
        const answer = await town.ask(call(era, tool, { mark }), { agent: 'banned' as AgentName, era, session: '' });
        return row({ agent: 'banned', server: 'vault', error: 'SERVER_DENIED', tool }, refused(town, answer, 'SERVER_DENIED', mark));
      },
    ),
  },
  {
    id: 'arguments-unbounded',
    boundary: 'agent',
    threat: 'Arguments beyond the bounds of a grant, in a spelling that the bound may miss.',
    asset: 'what a tool may be used for',
    answer: 'Conditions are held against the text that the server gets: kinds, exact digits, names in one case',
    mutation: {
      program: 'gateway',
      file: 'core/argument-condition.ts',
      find: '(atMost === undefined || (NUMBER.test(text) && compareNumbers(text, atMost) <= 0))',
      put: '(atMost === undefined || Number(JSON.parse(text)) <= Number(atMost))',
    },
    attacks: each(
      product(ERAS, Object.keys(LOANS)),
      ([era, what]) => `${era}: ${what}`,
      async ([era, what], town) => {
        const mark = town.mark();
        const said = call(era, 'lend', { mark });
        const given = LOANS[what] ?? '';
        if (what === 'under a folded name') {
          served(town, await town.ask({ ...said, body: said.body.replace('"arguments":{', `"arguments":{${given},`) }, { era }), mark);
          return [];
        }
        const answer = await town.ask({ ...said, body: said.body.replace('"arguments":{', `"arguments":{${given},`) }, { era });
        return row({ agent: 'reader', server: 'vault', error: 'DENIED', tool: 'lend' }, refused(town, answer, 'DENIED', mark));
      },
    ),
  },
  {
    id: 'resource-ungranted',
    boundary: 'agent',
    threat: 'A resource that is not granted, by a URI that a server may normalise into another.',
    asset: 'what servers let be read',
    answer: 'Patterns are held against the URI as it is written; one that not all read alike is covered by none',
    mutation: {
      program: 'gateway',
      file: 'core/granted.ts',
      find: 'if (ambiguity !== undefined) return',
      put: "if (ambiguity === '') return",
    },
    attacks: each(
      product(ERAS, URIS),
      ([era, uri]) => `${era}: ${JSON.stringify(uri)}`,
      async ([era, uri], town) => {
        const said = say(era, 'resources/read', { uri });
        const named =
          era === 'modern' && !/^[\x21-\x7e]+$/.test(uri) ? { 'mcp-name': `=?base64?${Buffer.from(uri).toString('base64')}?=` } : {};
        const data = refused(town, await town.ask(said, { era, headers: named }), 'DENIED');
        didNothing(town, uri);
        return row({ agent: 'reader', server: 'vault', error: 'DENIED', tool: 'resources/read' }, data);
      },
    ),
  },
  {
    id: 'other-ways',
    boundary: 'agent',
    threat: 'A way round the grant of tools: prompts, completions, subscriptions, tasks of others.',
    asset: 'what servers tell',
    answer: 'A grant of tools opens nothing else; a task is open to the agent whose call goes on as it',
    mutation: {
      program: 'gateway',
      file: 'gateway/authorize.ts',
      find: 'for (const one of wanted) {',
      put: 'for (const one of wanted.slice(0, 0)) {',
    },
    attacks: each(
      [
        ['legacy', 'prompts/get', { name: 'secret-greeting' }],
        ['modern', 'prompts/get', { name: 'secret-greeting' }],
        ['legacy', 'prompts/get', { name: 'Greeting' }],
        ['legacy', 'completion/complete', { ref: { type: 'ref/prompt', name: 'secret-greeting' }, argument: { name: 'a', value: 'b' } }],
        [
          'modern',
          'completion/complete',
          { ref: { type: 'ref/resource', uri: 'vault://{room}/{page}' }, argument: { name: 'room', value: 's' } },
        ],
        ['legacy', 'resources/subscribe', { uri: 'vault://secret/1' }],
        ['modern', 'subscriptions/listen', { notifications: { resourceSubscriptions: ['vault://secret/1'] } }],
        ['legacy', 'tasks/get', { taskId: 'somebody-elses' }],
        ['modern', 'tasks/get', { taskId: 'somebody-elses' }],
        ['legacy', 'tasks/result', { taskId: 'somebody-elses' }],
        ['modern', 'tasks/cancel', { taskId: 'somebody-elses' }],
        ['modern', 'tasks/update', { taskId: 'somebody-elses', inputResponses: {} }],
      ] as const,
      ([era, method, params]) => `${era}: ${method} of ${JSON.stringify(params).slice(0, 60)}`,
      async ([era, method, params], town) => {
        const headers = 'taskId' in params && era === 'modern' ? { 'mcp-name': params.taskId } : {};
        const data = refused(town, await town.ask(say(era, method, params), { era, headers }), 'DENIED');
        return row({ agent: 'reader', server: 'vault', error: 'DENIED', tool: method }, data);
      },
    ),
  },
  {
    id: 'method-unknown',
    boundary: 'agent',
    threat: 'A method that no table has, or one that only a server may say, in the hope that the server behind knows it.',
    asset: 'what servers do beside the protocol',
    answer: 'What the table of methods does not have passes only where the operator names it',
    mutation: {
      program: 'gateway',
      file: 'gateway/identify.ts',
      find: "return message.kind === 'request' ? 'unlisted' : 'dropped';",
      put: "return message.kind === 'request' ? 'relay' : 'dropped';",
    },
    attacks: each(
      product(ERAS, [
        ...[
          'tools/Call',
          'TOOLS/CALL',
          'tools/call ',
          ' tools/call',
          'tools/call\0',
          'tools//call',
          'tools%2fcall',
          'tool/call',
          'tools/call/burn',
        ],
        ...[
          'rpc.discover',
          'admin/shutdown',
          '__proto__',
          'constructor',
          'hasOwnProperty',
          'sampling/createMessage',
          'elicitation/create',
          'roots/list',
          '',
        ],
      ]),
      ([era, method]) => `${era}: ${JSON.stringify(method)}`,
      async ([era, method], town) => {
        const mark = town.mark();
        const said = say(era, method, { name: 'open', arguments: { mark } });
        const isHeader = /^[\x21-\x7e]+$/.test(method);
        const headers = era === 'modern' ? { 'mcp-name': undefined, 'mcp-method': isHeader ? method : undefined } : {};
        const expected =
          era === 'modern' && !isHeader ? (['HEADER_MISMATCH', 'METHOD_NOT_FOUND'] as const) : (['METHOD_NOT_FOUND'] as const);
        refusedAs(town, await town.ask(said, { era, headers }), expected, mark);
      },
    ),
  },
  {
    id: 'call-unheard',
    boundary: 'agent',
    threat: 'A call as a notification: executed by a server that takes it, and in no ledger.',
    asset: 'that nothing runs without a row',
    answer: 'A request without an id is none: it is answered 202, and that is all',
    mutation: {
      program: 'gateway',
      file: 'gateway/identify.ts',
      find: 'if (rule?.kind !== message.kind)',
      put: "if (rule?.kind !== message.kind && rule?.grant !== 'tool')",
    },
    attacks: each(
      product(ERAS, [
        ['vault', 'open'],
        ['vault', 'store'],
        ['vault', 'burn'],
        ['evil', 'plain'],
        ['evil', 'break'],
      ] as const),
      ([era, [server, tool]]) => `${era}: ${tool} of ${server}`,
      async ([era, [server, tool]], town) => {
        const mark = town.mark();
        const said = call(era, tool, { mark });
        const { status } = await town.ask({ ...said, body: said.body.replace(/"id":\d+,/, '') }, { era, server });
        assert.equal(status, 202);
        didNothing(town, mark);
      },
    ),
  },
];
