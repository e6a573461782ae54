import assert from 'node:assert/strict';
import { EVIL_ANSWERS, type EvilThreat, FOREIGN, FORGED_CALL } from '../evil/evil-tools';
import { readingsOf } from '../leaks';
import { each, type Mutation, product, type Threat } from '../threat';
import type { Answer } from '../town/answer';
import { call, ERAS } from '../town/messages';
import type { Town } from '../town/town';
import { errorDataOf, errorOf } from '../verdicts';

/** What must hold of each answer of a kind. */
type Holds = (answer: Answer, town: Town, tool: string, runs: number) => void;

/** A threat that is a family of answers of the evil server: each in both eras. */
function family(id: EvilThreat, row: Pick<Threat, 'threat' | 'asset' | 'answer'> & { readonly mutation: Mutation }, holds: Holds): Threat {
  const attacks = each(
    product(ERAS, EVIL_ANSWERS[id]),
    ([era, tool]) => `${era}: ${tool}`,
    async ([era, tool], town) => {
      const mark = town.mark();
      const answer = await town.ask(call(era, tool, { mark }), { server: 'evil', era });
      const runs = town.witness.of(mark).length;
      assert.ok(runs > 0, `it was never asked: ${answer.status} ${answer.text.slice(0, 300)}`);
      oneResponse(answer);
      holds(answer, town, tool, runs);
    },
  );
  return { id, boundary: 'server', attacks, ...row };
}

/** One response, and nothing that was for somebody else. */
function oneResponse(answer: Answer): void {
  const responses = answer.messages.filter(({ method }) => method === undefined);
  assert.equal(responses.length, 1, `${responses.length} responses: ${answer.text.slice(0, 300)}`);
  const shown = JSON.stringify([
    answer.headers,
    answer.messages.map(({ error, ...rest }) => [rest, error?.data?.serverSaid === undefined && error]),
  ]);
  assert.ok(!shown.includes(FOREIGN), `it was told what was for somebody else: ${shown.slice(0, 400)}`);
}

const isUnknown: Holds = (answer) => {
  const { error, outcome } = errorDataOf(answer);
  assert.deepEqual([error, outcome], ['OUTCOME_UNKNOWN', 'unknown'], answer.text.slice(0, 300));
};
const isResultOrUnknown: Holds = (answer, town, tool) => {
  if (errorOf(answer) !== undefined) isUnknown(answer, town, tool, 1);
};

/** A peer may lower certainty, and never raise it. */
const isHonest: Holds = (answer) => {
  const data = errorDataOf(answer);
  const stamp = answer.messages.find(({ result }) => result !== undefined)?.result?._meta ?? {};
  assert.ok(data.outcome !== 'not_executed', `it is said not to have happened: ${answer.text.slice(0, 300)}`);
  assert.ok((data.callId !== FORGED_CALL && data.retry !== 'safe') || data.error === 'OUTCOME_UNKNOWN', answer.text.slice(0, 300));
  const stamps = Object.entries(stamp).filter(([name]) => name.toLowerCase().startsWith('cdk-mcp-fleet/'));
  for (const [name, { callId }] of stamps) assert.ok(name === 'cdk-mcp-fleet/call' && callId !== FORGED_CALL, answer.text.slice(0, 300));
};

/** Forms in which a secret may not leave. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const behind = Buffer.from(`k:${secret}`).toString('base64').replace(/=+$/, '');
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    percent,
    behind,
  ];
}

const keepsSecret: Holds = ({ text, headers, messages }, town) => {
  const said = [text, JSON.stringify(headers), JSON.stringify(messages)].join('\n');
  const unescaped = said.replace(/\\+u([\da-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  const logged = messages.map(({ params }) => params?.data ?? '').join('');
  for (const form of formsOf(town.evilSecret))
    assert.ok(!said.includes(form) && !unescaped.includes(form) && !logged.includes(form), 'the secret left');
};

export const ANSWER_THREATS: readonly Threat[] = [
  family(
    'answer-foreign',
    {
      threat: 'A server answers under the id of somebody else’s request, or more than once.',
      asset: 'that a result is that of its call',
      answer: 'Requests go upstream under ids of the gateway’s own; a response under any other leaves on no way',
      mutation: {
        program: 'gateway',
        file: 'core/reading/server-message.ts',
        find: 'return id === sent || id === String(sent);',
        put: 'return id !== undefined || sent === 0;',
      },
    },
    isResultOrUnknown,
  ),
  family(
    'answer-words',
    {
      threat: 'A server speaks in words of the gateway or of its sidecar: a stamp, “not executed”, “at capacity”.',
      asset: 'what agents and ledger believe',
      answer: 'Words of ours are taken out of what a server says; a sidecar’s word carries a code; a peer’s word never raises certainty',
      mutation: {
        program: 'gateway',
        file: 'core/stamp.ts',
        find: 'if (words.length === 0) return writeMembers(members);',
        put: 'if (words.length >= 0) return writeMembers(members);',
      },
    },
    isHonest,
  ),
  family(
    'answer-ambiguous',
    {
      threat: 'An answer that agent and ledger would read differently.',
      asset: 'that the ledger says what the agent was told',
      answer: 'What two readers could read differently is no answer: the call is `unknown`',
      mutation: {
        program: 'gateway',
        file: 'core/reading/server-message.ts',
        find: `if (twice !== undefined) return none(\`\${quoted(twice)} comes twice\`, isResponse);`,
        put: '',
      },
    },
    isUnknown,
  ),
  family(
    'answer-large',
    {
      threat: 'An answer that is too deep, too large, or becomes so when it is undone.',
      asset: 'gateways and sidecars',
      answer: 'Bounds on bytes, depth and values of answers, before anything is made of them',
      mutation: { program: 'gateway', file: 'core/reading/json-scan.ts', find: 'if (++values > bounds.values)', put: 'if (++values < 0)' },
    },
    isUnknown,
  ),
  family(
    'answer-secret',
    {
      threat: 'A server tells a secret that it holds: as it is, encoded, in chunks, in a header, in pieces.',
      asset: 'secrets of servers',
      answer: 'The sidecar knows the values and masks them on every way out; a stream that tells one in pieces is ended',
      mutation: {
        program: 'sidecar',
        file: 'sidecar/server.ts',
        find: 'if (guard !== undefined) guardAnswer(',
        put: 'if (guard !== undefined && limits === undefined) guardAnswer(',
      },
    },
    keepsSecret,
  ),
  {
    id: 'secret-shares',
    boundary: 'server',
    threat: 'A server tells a secret that it holds in thirds, each in the answer to another call.',
    asset: 'secrets of servers',
    answer: 'What each agent was told of a value is remembered for a day; the answer that makes it whole is ended',
    mutation: {
      program: 'sidecar',
      file: 'core/secrets/told-shares.ts',
      find: 'return told.left <= told.bytes.length * UNTOLD_PART;',
      put: 'return false;',
    },
    attacks: each(
      product(ERAS, ['one coding', 'several codings']),
      ([era, codings]) => `${era}: in ${codings}`,
      async ([era, codings], town) => {
        const asked: Answer[] = [];
        for (const at of [0, 1, 2]) {
          const leak = { mark: town.mark(), seed: codings === 'one coding' ? 7 : 7 + at, piece: [at, 3] };
          asked.push(await town.ask(call(era, 'leak', leak), { server: 'evil', era }));
          assert.ok(town.witness.of(leak.mark).length > 0, `it was never asked: ${asked.at(-1)?.text.slice(0, 300)}`);
        }
        const secret = town.evilSecret;
        const told = asked.map(({ text }, at) => {
          const [from, to] = [at, at + 1].map((cut) => Math.round((cut * secret.length) / 3));
          return readingsOf(text).some((reading) => reading.includes(secret.slice(from, to)));
        });
        assert.ok(told.includes(false), 'an agent was told all thirds');
      },
    ),
  },
  family(
    'answer-headers',
    {
      threat: 'A server sets headers at an agent: cookies, a challenge, another session, permissions for pages.',
      asset: 'agents and their browsers',
      answer: 'An agent gets the gateway’s own headers, and none of a server’s',
      mutation: {
        program: 'gateway',
        file: 'gateway/receive.ts',
        find: 'for (const name in PASSED_HEADERS) {',
        put: 'for (const name in headers) if (!/^(?:content|transfer|connection|keep|date|mcp-)/.test(name)) {\n    passed[name] = String(headers[name]);',
      },
    },
    ({ headers }) => {
      for (const name of ['set-cookie', 'www-authenticate', 'link', 'location', 'refresh', 'access-control-allow-credentials', 'x-a'])
        assert.equal(headers[name], undefined, `${name}: ${headers[name]}`);
    },
  ),
  family(
    'answer-elsewhere',
    {
      threat: 'A server sends the gateway elsewhere: another host, the credentials of its task.',
      asset: 'what a gateway can reach that agents cannot (SSRF)',
      answer: 'A redirect is followed by the sidecar within its server’s own origin, and nowhere else',
      mutation: {
        program: 'sidecar',
        file: 'core/redirect.ts',
        find: 'return target.origin === from.origin ? target :',
        put: "return target.href !== '' ? target :",
      },
    },
    (answer, town, tool, runs) => {
      assert.ok(errorOf(answer) !== undefined, answer.text.slice(0, 300));
      // After any other status a read is asked once more, where it was.
      if (/30[78]|metadata/.test(tool)) assert.equal(runs, 1, 'it was asked again where it pointed to');
      assert.equal(town.witness.ledElsewhere, 0, 'somebody was led elsewhere');
    },
  ),
  family(
    'answer-asks',
    {
      threat: 'A server says what only an agent may say, or speaks of requests of others.',
      asset: 'agents that serve requests, too',
      answer: 'One table of who may say what; progress and cancellation are known by the gateway’s own tokens and ids',
      mutation: {
        program: 'gateway',
        file: 'core/reading/agent-text.ts',
        find: "if (rule !== undefined && (rule.from === 'client' || rule.kind !== message.kind)) return undefined;",
        put: '',
      },
    },
    ({ messages }) => {
      const methods = messages.flatMap(({ method }) => method ?? []);
      for (const method of ['tools/call', 'initialize', 'notifications/initialized', 'sampling/createMessage', 'notifications/progress'])
        assert.ok(!methods.includes(method), `it was told ${method}`);
    },
  ),
];
