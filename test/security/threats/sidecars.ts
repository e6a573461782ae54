import assert from 'node:assert/strict';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { agentId } from '../../../core/agent';
import type { CallContext } from '../../../core/fleet-config';
import { CONTEXT_HEADER, HELD_SESSION_PATH, KEPT_ANSWER_PATH, REASON_HEADER, SLOTS_PATH } from '../../../core/headers';
import { signContext } from '../../../core/signed-context';
import { each, product, type Threat } from '../threat';
import { call } from '../town/messages';
import { send } from '../town/send';
import type { Town } from '../town/town';
import { didNothing } from '../verdicts';

const PATHS = {
  'a call': ['POST', 'vault/mcp'],
  'a stream': ['GET', 'vault/mcp'],
  'an end': ['DELETE', 'vault/mcp'],
  'a kept answer': ['GET', `vault/${KEPT_ANSWER_PATH}/0b9c7b0e-5f0f-4f8f-9f58-6a3f9d5d8a11`],
  'its slots': ['GET', `vault/${SLOTS_PATH}`],
  'a session': ['GET', `vault/${HELD_SESSION_PATH}`],
} as const;

const seconds = (): number => Date.now() / 1000;

function contextOf(town: Town): CallContext {
  return { agent: agentId({ issuer: String(town.forger.honest.iss), subject: 'agent-reader' }), server: 'vault' };
}

const guessed = createSecretKey(Buffer.from('a key that somebody has guessed, and wrongly'));
const signed = (town: Town, key: KeyObject, context: object = {}, at = seconds()): string =>
  signContext({ ...contextOf(town), ...context }, key, at);

/** Words by which somebody other than a gateway says who calls. */
const CONTEXTS: Readonly<Record<string, (town: Town) => string | undefined>> = {
  none: () => undefined,
  empty: () => '',
  'a dot': () => '.',
  'no code': (town) => signed(town, guessed).split('.')[0],
  'an empty code': (town) => `${signed(town, guessed).split('.')[0]}.`,
  'by a guessed key': (town) => signed(town, guessed),
  'by an empty key': (town) => signed(town, createSecretKey(Buffer.alloc(1))),
  'by many guessed keys': (town) => signContext(contextOf(town), Array.from({ length: 33 }, () => guessed) as never, seconds()),
  'by the key of another server, in its name': (town) => signed(town, town.sidecarKey('evil'), { server: 'evil' }),
  'by the key of another server': (town) => signed(town, town.sidecarKey('evil')),
  'of another agent under a good code': (town) => {
    const good = signed(town, town.sidecarKey('vault'));
    const other = Buffer.from(JSON.stringify({ agent: 'another', server: 'vault', iat: Math.floor(seconds()) })).toString('base64url');
    return good.replace(/^[^.]+/, other);
  },
  'of __proto__': () => `${Buffer.from('{"__proto__":{"server":"vault"}}').toString('base64url')}.${'A'.repeat(43)}`,
};

async function asks(town: Town, [method, path]: readonly [string, string], context: string | undefined, mark: string) {
  const said = call('legacy', 'open', { mark });
  const headers = [...said.headers, ...(context === undefined ? [] : [[CONTEXT_HEADER, context] as const])];
  return await send({ url: `${await town.sidecar('vault')}/${path}`, method, headers, ...(method === 'POST' && { body: said.body }) });
}

async function isRefused(town: Town, what: keyof typeof PATHS, context: string | undefined): Promise<undefined> {
  const mark = town.mark();
  const { status, headers, text } = await asks(town, PATHS[what], context, mark);
  assert.deepEqual([status, headers[REASON_HEADER]], [403, 'unauthenticated'], text.slice(0, 300));
  didNothing(town, mark);
}

export const SIDECAR_THREATS: readonly Threat[] = [
  {
    id: 'sidecar-reached',
    boundary: 'network',
    threat: 'Somebody other than a gateway reaches a sidecar, with no word of who calls or a forged one.',
    asset: 'a server past policy and ledger',
    answer: 'Only the gateways’ security group may enter, and every request carries a context that a gateway has signed',
    mutation: {
      program: 'sidecar',
      file: 'core/signed-context.ts',
      find: 'return timingSafeEqual(given, mac(payload, key));',
      put: 'return timingSafeEqual(given, given) && mac(payload, key) !== undefined;',
    },
    attacks: each(
      product(Object.keys(PATHS) as (keyof typeof PATHS)[], Object.keys(CONTEXTS)),
      ([what, context]) => `${what}, a context ${context}`,
      async ([what, context], town) => isRefused(town, what, CONTEXTS[context]?.(town)),
    ),
  },
  {
    id: 'sidecar-replayed',
    boundary: 'network',
    threat: 'A signed context that somebody has kept is shown again later, or for another time.',
    asset: 'a server past policy and ledger',
    answer: 'A context counts for two minutes',
    mutation: {
      program: 'sidecar',
      file: 'core/signed-context.ts',
      find: 'return Math.abs(now - signedAt) <= CONTEXT_LIFETIME_SECONDS;',
      put: 'return now !== signedAt;',
    },
    attacks: each(
      product(Object.keys(PATHS) as (keyof typeof PATHS)[], [-3_600, -130, 130, 3_600, Number.NaN]),
      ([what, age]) => `${what}, ${age} seconds off`,
      async ([what, age], town) => isRefused(town, what, signed(town, town.sidecarKey('vault'), {}, seconds() + age)),
    ),
  },
  {
    id: 'sidecar-late',
    boundary: 'network',
    threat: 'A call that was settled as not executed is delivered after all.',
    asset: 'that nothing happens twice',
    answer: 'A claimed call carries the moment by which it must be delivered; a sidecar refuses it later',
    mutation: {
      program: 'sidecar',
      file: 'sidecar/exchange.ts',
      find: 'return deliverBy !== undefined && now > deliverBy;',
      put: 'return deliverBy !== undefined && now < 0;',
    },
    attacks: each(
      [1, 1_000, 3_600_000],
      (ms) => `${ms} ms too late`,
      async (ms, town) => {
        const mark = town.mark();
        const context = signed(town, town.sidecarKey('vault'), { callId: mark, claimed: true, deliverBy: Date.now() - ms });
        const { status, headers, text } = await asks(town, PATHS['a call'], context, mark);
        assert.deepEqual([status, headers[REASON_HEADER]], [503, 'too_late'], text.slice(0, 300));
        didNothing(town, mark);
      },
    ),
  },
  {
    id: 'sidecar-path',
    boundary: 'network',
    threat: 'A path that another server, or none, could be meant by reaches a sidecar.',
    asset: 'servers of other teams',
    answer: 'A sidecar serves the paths of its one server, letter for letter',
    mutation: {
      program: 'sidecar',
      file: 'sidecar/server.ts',
      find: 'if (path === this.#path) return this.#calls;',
      put: "if (decodeURIComponent(path).toLowerCase().endsWith('/mcp')) return this.#calls;",
    },
    attacks: each(
      ['evil/mcp', '/vault/mcp', 'vault//mcp', 'vault/mcp/', 'vault%2fmcp', 'VAULT/mcp', 'vault/mcp;x', 'x/vault/mcp', 'vault/mcp%00'],
      (path) => `/${path}`,
      async (path, town) => {
        const mark = town.mark();
        const { status, text } = await asks(town, ['POST', path], signed(town, town.sidecarKey('vault')), mark);
        assert.equal(status, 404, text.slice(0, 300));
        didNothing(town, mark);
      },
    ),
  },
];
