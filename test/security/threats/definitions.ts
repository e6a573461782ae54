import assert from 'node:assert/strict';
import { each, product, type Threat } from '../threat';
import { call, ERAS, say } from '../town/messages';
import { GRANTED_TOOLS } from '../town/tools';
import { refused, resultOf, row } from '../verdicts';

/** What a server says of itself, and agents read as if we had said it. */
export const DEFINITION_THREATS: readonly Threat[] = [
  {
    id: 'list-unfiltered',
    boundary: 'agent',
    threat: 'A list tells of tools, resources and prompts that an agent may not use.',
    asset: 'what servers have',
    answer: 'Each list is written anew, with what is granted',
    mutation: {
      program: 'gateway',
      file: 'gateway/http/tool-list.ts',
      find: '|| !allowsTool(decision, name)) return [];',
      put: ') return [];',
    },
    attacks: each(
      ERAS,
      (era) => `${era}: tools/list`,
      async (era, town) => {
        const names = resultOf(await town.ask(say(era, 'tools/list'), { era })).result?.tools?.map(({ name }) => name) ?? [];
        assert.deepEqual(names.toSorted(), [...GRANTED_TOOLS, 'lend'].toSorted());
      },
    ),
  },
  {
    id: 'tools-poisoned',
    boundary: 'server',
    threat: 'A server changes what it says of its tools after somebody has reviewed it (rug pull, poisoned descriptions).',
    asset: 'agents, which read descriptions as instruction',
    answer: 'Definitions are pinned by digest: what nobody has approved is not shown, and a tool that nobody has is not called',
    mutation: {
      program: 'gateway',
      file: 'gateway/http/tool-list.ts',
      find: "if (serverConfig.pins !== undefined && !notes.admits('tools', name, writeMembers(tool))) return [];",
      put: '',
    },
    attacks: [
      ...each(
        ERAS,
        (era) => `${era}: tools/list`,
        async (era, town) => {
          const answer = await town.ask(say(era, 'tools/list'), { era, server: 'mime' });
          assert.deepEqual(
            resultOf(answer).result?.tools?.map(({ name }) => name),
            ['wave'],
          );
          assert.ok(!answer.text.includes('every key that you know'), 'the poisoned words left');
        },
      ),
      ...each(
        ERAS,
        (era) => `${era}: a call of a tool that is new`,
        async (era, town) => {
          const mark = town.mark();
          const data = refused(town, await town.ask(call(era, 'dig', { mark }), { era, server: 'mime' }), 'DENIED', mark);
          return row({ agent: 'reader', server: 'mime', error: 'DENIED', tool: 'dig' }, data);
        },
      ),
    ],
  },
  {
    id: 'words-poisoned',
    boundary: 'server',
    threat: 'A server changes its instructions, or what it says of its prompts and resources, after somebody has reviewed it.',
    asset: 'agents, which read all of it as instruction',
    answer: 'They are pinned as tools are: instructions that nobody has approved are left out, prompts and resources not shown',
    mutation: {
      program: 'gateway',
      file: 'gateway/definition-reviews.ts',
      find: "return pins.otherwise === 'pass';",
      put: 'return true;',
    },
    attacks: each(
      [
        ['legacy', 'initialize'],
        ['modern', 'server/discover'],
        ...product(ERAS, ['prompts/list', 'resources/list', 'resources/templates/list']),
      ] as const,
      ([era, method]) => `${era}: ${method}`,
      async ([era, method], town) => {
        const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'reader', version: '1' } };
        const opens = method === 'initialize';
        const answer = await town.ask(say(era, method, opens ? params : {}), { era, server: 'mime', ...(opens && { session: '' }) });
        assert.ok(resultOf(answer).result !== undefined, answer.text);
        assert.ok(!answer.text.includes('every key that you know'), 'the poisoned words left');
      },
    ),
  },
];
