import assert from 'node:assert/strict';
import { leaksIn } from '../logs';
import { each, type Threat } from '../threat';
import { call, say } from '../town/messages';
import type { Town } from '../town/town';

/** What is said to a fleet, and ends in every way that is logged. */
const SAID: Readonly<Record<string, (town: Town, mark: string) => Promise<unknown>>> = {
  'a call that is served': (town, mark) => town.ask(call('modern', 'open', { mark }), { era: 'modern' }),
  'a call that changes something': (town, mark) => town.ask(call('modern', 'store', { mark }), { era: 'modern' }),
  'a call that is refused': (town, mark) => town.ask(call('modern', 'burn', { mark }), { era: 'modern' }),
  'a call that is lost': (town, mark) => town.ask(call('modern', 'break', { mark }), { era: 'modern', server: 'evil' }),
  'a call that tells a secret': (town, mark) => town.ask(call('modern', 'raw', { mark }), { era: 'modern', server: 'evil' }),
  'a call beyond its bounds': (town, mark) => town.ask(call('modern', 'lend', { mark, amount: 10_000 }), { era: 'modern' }),
  'a call of nobody': async (town, mark) => town.ask(call('modern', 'open', { mark }), { era: 'modern', agent: 'nobody' }),
  'a token that is none': async (town, mark) =>
    town.ask(call('modern', 'open', { mark }), { era: 'modern', token: `${await town.token('reader')}x` }),
  'a body that is none': async (town, mark) => {
    const said = say('legacy', 'ping');
    return await town.ask({ ...said, body: `{"mark":"${mark}"` });
  },
  'a token in the query': async (town, mark) =>
    town.ask(call('modern', 'open', { mark }), { era: 'modern', path: `/vault/mcp?access_token=${await town.token('reader')}&m=${mark}` }),
};

export const OPERATION_THREATS: readonly Threat[] = [
  {
    id: 'log-told',
    boundary: 'operator',
    threat: 'Who reads logs reads tokens, secrets, or what agents and servers said to each other.',
    asset: 'tokens, secrets, arguments',
    answer: 'Log lines are made of names, ids and reasons; none holds a token, a secret or the value of an argument',
    mutation: {
      program: 'gateway',
      file: 'gateway/identify.ts',
      find: 'const message = classifyMessage(value);',
      put: 'const message = classifyMessage(value);\n  console.log(text);',
    },
    attacks: each(
      Object.keys(SAID),
      (what) => what,
      async (what, town) => {
        await SAID[what]?.(town, town.mark());
        // What it wrote has been read once another call is through.
        await town.serves();
        assert.deepEqual(await leaksIn(town), []);
      },
    ),
  },
];
