import assert from 'node:assert/strict';
import { each, product, type Threat } from '../threat';
import { call, ERAS, say } from '../town/messages';
import type { Town } from '../town/town';
import { errorDataOf, refused, resultOf, row, served } from '../verdicts';

const KEY = 'cdk-mcp-fleet/idempotencyKey';
const TASK = 'cdk-mcp-fleet/taskId';

/** What a call is named that came back with a result. */
const stampOf = (answer: Awaited<ReturnType<Town['ask']>>) => resultOf(answer).result?._meta?.['cdk-mcp-fleet/call'];

/** Ways to ask for a key that are none, or more than one. */
const KEYS: Readonly<Record<string, readonly [meta: unknown, header: string | undefined]>> = {
  'another in the header': ['one', 'two'],
  'a list in the header': [undefined, 'one, two'],
  'half a quote in the header': [undefined, '"one'],
  'a number': [7, undefined],
  'an object': [{ key: 'one' }, undefined],
  'a list': [['one'], undefined],
  'an empty one': ['', undefined],
  'one of 256 bytes': ['k'.repeat(256), undefined],
};

export const LEDGER_THREATS: readonly Threat[] = [
  {
    id: 'key-poisoned',
    boundary: 'agent',
    threat: 'An agent uses the idempotency key of another one before it, so that the other gets a false answer, or none.',
    asset: 'calls of other agents',
    answer: 'A key is its agent’s own, at one server',
    mutation: {
      program: 'gateway',
      file: 'ledger/row.ts',
      find: `return \`\${server}#\${agent}#\${key}\`;`,
      put: `return \`\${server}#\${agent.slice(0, 0)}everybody#\${key}\`;`,
    },
    attacks: each(
      product(ERAS, ['store', 'pay'] as const),
      ([era, tool]) => `${era}: ${tool} under the key of another agent`,
      async ([era, tool], town) => {
        const [key, poison, mark] = [town.mark(), town.mark(), town.mark()];
        const first = await town.ask(call(era, tool, { mark: poison }, { [KEY]: key }), { agent: 'other', era });
        served(town, first, poison);
        const answer = await town.ask(call(era, tool, { mark }, { [KEY]: key }), { era });
        served(town, answer, mark);
        assert.equal(stampOf(answer)?.replayed, false);
        assert.notEqual(stampOf(answer)?.callId, stampOf(first)?.callId);
      },
    ),
  },
  {
    id: 'key-reused',
    boundary: 'agent',
    threat: 'A key is shown with other arguments, another tool, or for another task: an answer that is not to the call.',
    asset: 'that a result is that of its call',
    answer: 'The key’s row holds the digest of tool and arguments; another call under it is refused',
    mutation: {
      program: 'gateway',
      file: 'core/call-digest.ts',
      find: 'export function isDigestOf(',
      put: 'export const isDigestOf = (...given: unknown[]): boolean => given.length > 0;\nexport function isSameDigest(',
    },
    attacks: each(
      product(ERAS, [
        ['other arguments', 'store', { amount: 2 }],
        ['another tool', 'pay', { amount: 1 }],
        ['one argument more', 'store', { amount: 1, more: 1 }],
        ['an argument as text', 'store', { amount: '1' }],
        ['an argument in another case', 'store', { Amount: 1 }],
        ['a hair more', 'store', { amount: 1.0000000000000002 }],
      ] as const),
      ([era, [what]]) => `${era}: ${what}`,
      async ([era, [, tool, args]], town) => {
        const [key, mark] = [town.mark(), town.mark()];
        served(town, await town.ask(call(era, 'store', { mark, amount: 1 }, { [KEY]: key, [TASK]: 'one' }), { era }), mark);
        const answer = await town.ask(call(era, tool, { mark, ...args }, { [KEY]: key, [TASK]: 'two' }), { era });
        const data = refused(town, answer, 'KEY_REUSED');
        assert.equal(town.witness.of(mark).length, 1);
        return row({ agent: 'reader', server: 'vault', error: 'KEY_REUSED', tool }, data);
      },
    ),
  },
  {
    id: 'key-ambiguous',
    boundary: 'agent',
    threat: 'A key that is none, two at a time, or a list: executed under one, asked for under the other.',
    asset: 'that nothing happens twice',
    answer: 'One key of 1 to 255 bytes, the same wherever it stands',
    mutation: {
      program: 'gateway',
      file: 'gateway/tool-call.ts',
      find: 'if (given.some((other) => other !== key))',
      put: "if (given.some((other) => other === ''))",
    },
    attacks: each(
      product(ERAS, Object.keys(KEYS)),
      ([era, what]) => `${era}: ${what}`,
      async ([era, what], town) => {
        const mark = town.mark();
        const [meta, header] = KEYS[what] ?? [];
        const said = call(era, 'store', { mark }, meta === undefined ? {} : { [KEY]: meta });
        const { error } = errorDataOf(await town.ask(said, { era, headers: { 'idempotency-key': header } }));
        assert.ok(error === 'HEADER_MISMATCH' || error === 'INVALID_PARAMS', `got ${error}`);
        assert.equal(town.witness.of(mark).length, 0);
      },
    ),
  },
  {
    id: 'call-twice',
    boundary: 'agent',
    threat: 'The same call is sent many times at once under one key, so that it is executed more than once.',
    asset: 'that nothing happens twice',
    answer: 'A claim by one conditional write before a byte is sent; the others wait for it',
    mutation: {
      program: 'gateway',
      file: 'gateway/tool-call.ts',
      find: '...(key !== undefined && { idempotencyKey: key }),',
      put: `...(key !== undefined && { idempotencyKey: \`\${key}\${randomUUID()}\` }),`,
    },
    attacks: each(
      product(ERAS, ['store', 'pay'] as const),
      ([era, tool]) => `${era}: ${tool}, eight at a time`,
      async ([era, tool], town) => {
        const [key, mark] = [town.mark(), town.mark()];
        const said = () => town.ask(call(era, tool, { mark }, { [KEY]: key }), { era });
        const answers = await Promise.all(Array.from({ length: 8 }, said));
        assert.equal(town.witness.of(mark).length, 1, 'executed more than once');
        assert.equal(new Set(answers.map((answer) => stampOf(answer)?.callId)).size, 1);
        assert.equal(answers.filter((answer) => stampOf(answer)?.replayed === false).length, 1);
      },
    ),
  },
  {
    id: 'key-missing',
    boundary: 'agent',
    threat: 'A tool that demands a key is called without one.',
    asset: 'that nothing happens twice',
    answer: 'No key, no call',
    mutation: {
      program: 'gateway',
      file: 'gateway/claim.ts',
      find: "if (toolCall.policy.key === 'required' && toolCall",
      put: "if (toolCall.callId === '' && toolCall",
    },
    attacks: each(
      ERAS,
      (era) => `${era}: pay`,
      async (era, town) => {
        const mark = town.mark();
        const data = refused(town, await town.ask(call(era, 'pay', { mark }), { era }), 'KEY_REQUIRED', mark);
        return row({ agent: 'reader', server: 'vault', error: 'KEY_REQUIRED', tool: 'pay' }, data);
      },
    ),
  },
  {
    id: 'fence-poisoned',
    boundary: 'agent',
    threat: 'A lost call of one agent, or of one task, stands in the way of another’s, or hands out its outcome.',
    asset: 'calls of other agents and tasks',
    answer: 'A fence is of one agent, task, tool and arguments',
    mutation: {
      program: 'gateway',
      file: 'gateway/ledger/fences.ts',
      find: `return \`fence#\${server}#\${agent}#\${digest}\`;`,
      put: `return \`fence#\${server}#\${agent.slice(0, 0)}everybody#\${digest}\`;`,
    },
    attacks: [
      ...each(
        ERAS,
        (era) => `${era}: another agent`,
        async (era, town) => {
          const mark = town.mark();
          const said = () => call(era, 'break', { mark }, { [TASK]: mark });
          const first = errorDataOf(await town.ask(said(), { server: 'evil', era }));
          assert.equal(first.error, 'OUTCOME_UNKNOWN');
          const second = errorDataOf(await town.ask(said(), { server: 'evil', era, agent: 'other' }));
          assert.equal(town.witness.of(mark).length, 2, 'the call of the other agent was not executed');
          assert.notEqual(second.callId, first.callId);
        },
      ),
      ...each(
        ERAS,
        (era) => `${era}: another task`,
        async (era, town) => {
          const mark = town.mark();
          const said = (task: string) => call(era, 'break', { mark }, { [TASK]: task });
          const first = errorDataOf(await town.ask(said(`${mark}-a`), { server: 'evil', era }));
          const second = errorDataOf(await town.ask(said(`${mark}-b`), { server: 'evil', era }));
          assert.equal(town.witness.of(mark).length, 2, 'the call of the other task was not executed');
          assert.notEqual(second.callId, first.callId);
        },
      ),
      ...each(
        ERAS,
        (era) => `${era}: its own retry is not executed again`,
        async (era, town) => {
          const mark = town.mark();
          const said = () => call(era, 'break', { mark }, { [TASK]: mark });
          const first = errorDataOf(await town.ask(said(), { server: 'evil', era }));
          const second = errorDataOf(await town.ask(said(), { server: 'evil', era }));
          assert.equal(town.witness.of(mark).length, 1, 'it was executed again');
          assert.equal(second.callId, first.callId);
        },
      ),
    ],
  },
  {
    id: 'outcome-stolen',
    boundary: 'agent',
    threat: 'An agent asks what became of the call of another one.',
    asset: 'results of other agents',
    answer: 'Whoever asks later reads rows of its own agent and server only',
    mutation: {
      program: 'gateway',
      file: 'ledger/row.ts',
      find: `return \`\${server}#\${agent}#\${key}\`;`,
      put: `return \`\${server}#\${agent.slice(0, 0)}all#\${key}\`;`,
    },
    attacks: each(
      product(
        ['by its key', 'by its call id'] as const,
        [
          ['other', 'vault'],
          ['nobody', 'vault'],
          ['reader', 'evil'],
          ['other', 'safe'],
        ] as const,
      ),
      ([how, [agent, server]]) => `${how}, by ${agent} at ${server}`,
      async ([how, [agent, server]], town) => {
        const [key, mark] = [town.mark(), town.mark()];
        const first = await town.ask(call('modern', 'store', { mark }, { [KEY]: key }), { era: 'modern' });
        served(town, first, mark);
        const name = how === 'by its key' ? key : (stampOf(first)?.callId ?? '');
        const asked = { agent, server, session: '', method: 'GET', path: `/${server}/calls/${name}` };
        refused(town, await town.ask(say('legacy', 'ping'), asked), agent === 'nobody' ? 'SERVER_DENIED' : 'UNKNOWN_CALL');
      },
    ),
  },
];
