import assert from 'node:assert/strict';
import { each, product, type Threat } from '../threat';
import type { AgentName, ServerName } from '../town/app';
import { call, say } from '../town/messages';
import type { Town } from '../town/town';
import { errorDataOf, refused } from '../verdicts';

const SEALED = 'core/sealed-session.ts';

/** Ids that nobody was given, made of one that somebody was. */
const MADE_UP: Readonly<Record<string, (id: string) => string>> = {
  'one letter changed': (id) => `${id.slice(0, 40)}${id[40] === 'A' ? 'B' : 'A'}${id.slice(41)}`,
  'last letter changed': (id) => id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A'),
  'cut short': (id) => id.slice(0, -8),
  'cut to its nonce': (id) => id.slice(0, 16),
  'made longer': (id) => `${id}AAAA`,
  twice: (id) => id + id,
  'a UUID': () => '0b9c7b0e-5f0f-4f8f-9f58-6a3f9d5d8a11',
  'with padding': (id) => `${id}=`,
  'a thousand letters': () => 'A'.repeat(1_024),
  'eight thousand letters': () => 'A'.repeat(8_000),
  'a path': () => '../../vault',
};

const USES = ['POST', 'GET', 'DELETE'] as const;

/** Uses a session id in one way. */
async function use(town: Town, how: (typeof USES)[number], session: string, agent: AgentName, server: ServerName, mark: string) {
  return await town.ask(call('legacy', 'open', { mark }), { agent, server, session, method: how });
}

export const SESSION_THREATS: readonly Threat[] = [
  {
    id: 'session-stolen',
    boundary: 'agent',
    threat: 'The session id of another agent, or of the same agent at another server.',
    asset: 'what a session holds',
    answer: 'Agent and server are authenticated data of the seal: for anybody else it is an unknown session',
    mutation: { program: 'gateway', file: SEALED, find: `update(\`\${server}\\0\${agent}\`)`, put: "update('anybody')" },
    attacks: each(
      product(USES, [
        ['reader', 'vault', 'other', 'vault'],
        ['other', 'safe', 'other', 'vault'],
        ['other', 'vault', 'other', 'safe'],
        ['reader', 'evil', 'other', 'evil'],
      ] as const),
      ([how, [owner, from, thief, at]]) => `${how} by ${thief} at ${at} with that of ${owner} at ${from}`,
      async ([how, [owner, from, thief, at]], town) => {
        const mark = town.mark();
        const stolen = await town.session(owner, from);
        refused(town, await use(town, how, stolen, thief, at, mark), 'UNKNOWN_SESSION', mark);
      },
    ),
  },
  {
    id: 'session-forged',
    boundary: 'agent',
    threat: 'A session id that no gateway has given: altered, cut, made up, or spelled otherwise.',
    asset: 'where a call goes',
    answer: 'AES-256-GCM; one spelling of each id',
    mutation: {
      program: 'gateway',
      file: SEALED,
      find: "if (id.length > SEALED_ID_LIMIT || !/^[\\w-]+$/.test(id)) return undefined;\n  const sealed = Buffer.from(id, 'base64url');\n  // Base64 has spare bits: an id spelt otherwise would be the same session under another name.\n  if (sealed.length <= NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== id) return undefined;",
      put: "const sealed = Buffer.from(id, 'base64url');\n  if (sealed.length <= NONCE_BYTES + TAG_BYTES) return undefined;",
    },
    attacks: each(
      product(USES, Object.keys(MADE_UP)),
      ([how, what]) => `${how}: ${what}`,
      async ([how, what], town) => {
        const mark = town.mark();
        const id = MADE_UP[what]?.(await town.session('reader', 'vault')) ?? '';
        refused(town, await use(town, how, id, 'reader', 'vault', mark), 'UNKNOWN_SESSION', mark);
      },
    ),
  },
  {
    id: 'session-fixed',
    boundary: 'agent',
    threat: 'A session id that an attacker chose is put under somebody else’s `initialize` (session fixation).',
    asset: 'what a session holds',
    answer: 'Each `initialize` gets an id of its own; what came with it is not used',
    mutation: {
      program: 'gateway',
      file: 'gateway/identify.ts',
      find: 'const sessionId = exchange.header(SESSION_HEADER) || undefined;',
      put: "const sessionId = exchange.header(SESSION_HEADER) || undefined;\n  if (sessionId !== undefined) exchange.request.once('pause', () => 0), exchange.reply.finish(200, '{}', { 'mcp-session-id': sessionId });",
    },
    attacks: each(
      ['chosen-by-an-attacker', 'of the attacker'] as const,
      (whose) => `an id ${whose}`,
      async (whose, town) => {
        const chosen = whose === 'of the attacker' ? await town.session('other', 'vault') : whose;
        const given = await town.open('reader', 'vault', { 'mcp-session-id': chosen }).catch((error: Error) => error.message);
        assert.notEqual(given, chosen);
        const mark = town.mark();
        refused(town, await use(town, 'POST', chosen, 'reader', 'vault', mark), 'UNKNOWN_SESSION', mark);
      },
    ),
  },
  {
    id: 'session-ended',
    boundary: 'agent',
    threat: 'A session that was ended is used again.',
    asset: 'what a session held',
    answer: 'Its sidecar holds it no more, and the directory opens it nowhere else',
    mutation: {
      program: 'sidecar',
      file: 'sidecar/server.ts',
      find: "readonly #calls: Route = { methods: ['GET', 'POST', 'DELETE'],",
      put: "readonly #calls: Route = { methods: ['GET', 'POST'],",
    },
    attacks: each(
      ['POST', 'GET', 'DELETE'] as const,
      (how) => `${how} after DELETE`,
      async (how, town) => {
        const session = await town.open('reader', 'vault');
        await town.ask(say('legacy', 'ping'), { session, method: 'DELETE' });
        const mark = town.mark();
        refused(town, await use(town, how, session, 'reader', 'vault', mark), 'UNKNOWN_SESSION', mark);
      },
    ),
  },
  {
    id: 'event-forged',
    boundary: 'agent',
    threat: 'An event id that another agent was given, or nobody, to read the rest of somebody’s stream.',
    asset: 'answers of others',
    answer: 'Event ids are sealed under agent, server and session; any other opens nothing',
    mutation: {
      program: 'gateway',
      file: 'core/sealed-event.ts',
      find: `\`event id v1\\0\${server}\\0\${agent}\\0\${session}\``,
      put: '`event id v1`',
    },
    attacks: [
      ...each(
        ['reader', 'other'] as const,
        (thief) => `the id of a stored call's answer, by ${thief === 'reader' ? 'its agent in another session' : 'another agent'}`,
        async (thief, town) => {
          const mark = town.mark();
          const { text } = await town.ask(call('legacy', 'store', { mark }));
          const id = /^id: ?(\S+)$/m.exec(text)?.[1];
          assert.ok(id !== undefined, `no event id: ${text.slice(0, 300)}`);
          const headers = { 'last-event-id': id, accept: 'text/event-stream' };
          const answer = await town.ask(say('legacy', 'ping'), { agent: thief, session: '', method: 'GET', headers });
          assert.equal(errorDataOf(answer).error, 'METHOD_NOT_ALLOWED', answer.text.slice(0, 300));
          assert.ok(!answer.text.includes('did store'), answer.text.slice(0, 300));
        },
      ),
      ...each(
        ['mcpfleet.AAAA', `mcpfleet.${'A'.repeat(200)}`, `mcpfleet.${'A'.repeat(1_100)}`, '0', '../../x'],
        (id) => `${id.slice(0, 20)} of ${id.length} letters, without a session`,
        async (id, town) => {
          const headers = { 'last-event-id': id, accept: 'text/event-stream' };
          const answer = await town.ask(say('legacy', 'ping'), { session: '', method: 'GET', headers });
          assert.equal(errorDataOf(answer).error, 'METHOD_NOT_ALLOWED');
        },
      ),
    ],
  },
];
