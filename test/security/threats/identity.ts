import { createHmac } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { each, type Owed, product, type Threat } from '../threat';
import { call, ERAS, type EraName } from '../town/messages';
import type { Town } from '../town/town';
import { refused } from '../verdicts';

const TOKENS = 'gateway/identity/tokens.ts';
const HOUR = 3_600;

/** A call under a token that must not count. */
async function tries(town: Town, era: EraName, token: string): Promise<readonly Owed[]> {
  const mark = town.mark();
  refused(town, await town.ask(call(era, 'open', { mark }), { era, token }), 'UNAUTHENTICATED', mark);
  return [];
}

/** Ways to make a token without the issuer's key. */
const FORGERIES: Readonly<Record<string, (town: Town) => Promise<string> | string>> = {
  'alg none': ({ forger }) => forger.unsigned({ sub: 'agent-reader' }, { alg: 'none', kid: forger.published.kid }),
  'alg None, with a signature': ({ forger }) =>
    forger.unsigned({ sub: 'agent-reader' }, { alg: 'None', kid: forger.published.kid }, 'AAAA'),
  'no alg': ({ forger }) => forger.unsigned({ sub: 'agent-reader' }, { kid: forger.published.kid }, 'AAAA'),
  'HS256 by the public key': ({ forger }) => {
    const body = forger.unsigned({ sub: 'agent-reader' }, { alg: 'HS256', kid: forger.published.kid });
    const secret = JSON.stringify(forger.published);
    return body + createHmac('sha256', secret).update(body.slice(0, -1)).digest('base64url');
  },
  'another key under the known kid': async ({ forger }) => forger.signed({ sub: 'agent-reader' }, {}, await ownKey()),
  'another key under an unknown kid': async ({ forger }) => forger.signed({ sub: 'agent-reader' }, { kid: 'unknown' }, await ownKey()),
  'its own key in the header (jwk)': async ({ forger }) =>
    forger.signed({ sub: 'agent-reader' }, { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }, await ownKey()),
  'its own keys elsewhere (jku)': async ({ forger, witness }) =>
    forger.signed({ sub: 'agent-reader' }, { jku: witness.elsewhereUrl, kid: 'mine' }, await ownKey()),
  'no signature': async (town) => (await town.token('reader')).replace(/[^.]+$/, ''),
  'claims of another under the signature of one': async (town) => {
    const [head, , signature] = (await town.token('nobody')).split('.');
    return `${head}.${(await town.token('reader')).split('.')[1]}.${signature}`;
  },
};

async function ownKey() {
  return (await generateKeyPair('RS256')).privateKey;
}

const AUDIENCES: Readonly<Record<string, unknown>> = {
  'another company': 'https://mcp.elsewhere.example',
  'the host alone': 'mcp.security.example',
  'a longer name': 'https://mcp.security.example.evil.example',
  'a list without it': ['https://a.example', 'https://b.example'],
  'an empty list': [],
  'no audience': undefined,
  'a number': 7,
  'an object': { 0: 'https://mcp.security.example' },
};

const SUBJECTS: Readonly<Record<string, unknown>> = {
  none: undefined,
  empty: '',
  'a number': 7,
  null: null,
  'a list': ['agent-reader'],
  'of a lone surrogate': 'agent-\ud800',
  'of 1,025 bytes': 'x'.repeat(1_025),
};

/** Ways to show a token that is good, but not where it belongs. */
const PLACES: Readonly<Record<string, (token: string) => { headers: Readonly<Record<string, string | undefined>>; query?: string }>> = {
  'no token': () => ({ headers: { authorization: undefined } }),
  'under Basic': (token) => ({ headers: { authorization: `Basic ${token}` } }),
  'under DPoP': (token) => ({ headers: { authorization: `DPoP ${token}` } }),
  'without a scheme': (token) => ({ headers: { authorization: token } }),
  'two in one header': (token) => ({ headers: { authorization: `Bearer ${token}, Bearer ${token}` } }),
  'in a cookie': (token) => ({ headers: { authorization: undefined, cookie: `access_token=${token}` } }),
  'in the query': (token) => ({ headers: { authorization: undefined }, query: `?access_token=${token}` }),
  'in x-amzn-oidc-data': (token) => ({
    headers: { authorization: undefined, 'x-amzn-oidc-data': token, 'x-amzn-oidc-accesstoken': token },
  }),
  'in proxy-authorization': (token) => ({ headers: { authorization: undefined, 'proxy-authorization': `Bearer ${token}` } }),
};

export const IDENTITY_THREATS: readonly Threat[] = [
  {
    id: 'token-forged',
    boundary: 'agent',
    threat: 'A token that the issuer never signed: no algorithm, the public key as a secret, another key, a key of its own.',
    asset: 'every agent',
    answer: 'One verifier with the algorithms of the published keys; nothing in a token says which key counts but `kid`',
    mutation: {
      program: 'gateway',
      file: TOKENS,
      find: '(await verifier.verify(token)) as unknown as Claims',
      put: "JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims",
    },
    attacks: each(
      product(ERAS, Object.keys(FORGERIES)),
      ([era, how]) => `${era}: ${how}`,
      async ([era, how], town) => tries(town, era, (await FORGERIES[how]?.(town)) ?? ''),
    ),
  },
  {
    id: 'token-expired',
    boundary: 'agent',
    threat: 'A token whose time is over, or is never over.',
    asset: 'an agent whose token was lost',
    answer: '`exp` is wanted and held to, with half a minute for clocks that differ',
    mutation: { program: 'gateway', file: TOKENS, find: 'graceSeconds: CLOCK_SKEW_SECONDS', put: 'graceSeconds: 10_000_000' },
    attacks: each(
      product(ERAS, [
        ['an hour ago', (now: number) => now - HOUR],
        ['two minutes ago', (now: number) => now - 120],
        ['no exp', () => undefined],
        ['exp as text', (now: number) => String(now + HOUR)],
      ] as const),
      ([era, [when]]) => `${era}: ${when}`,
      async ([era, [, exp]], town) => tries(town, era, await town.forged('reader', { exp: exp(Math.floor(Date.now() / 1000)) })),
    ),
  },
  {
    id: 'token-audience',
    boundary: 'agent',
    threat: 'A token that was given for something else: another audience, none, or the endpoint of another server.',
    asset: 'servers that a token was not given for',
    answer: 'A token counts for the fleet’s audience, or for the one server whose endpoint it names',
    mutation: { program: 'gateway', file: TOKENS, find: 'if (!isMeantFor(scope, identity, server))', put: "if (servers.has(''))" },
    attacks: each(
      product(ERAS, Object.keys(AUDIENCES)),
      ([era, audience]) => `${era}: ${audience}`,
      async ([era, audience], town) => tries(town, era, await town.forged('reader', { aud: AUDIENCES[audience] })),
    ),
  },
  {
    id: 'token-issuer',
    boundary: 'agent',
    threat: 'A token that names another issuer, or a spelling of the right one.',
    asset: 'agents of one issuer from those of another',
    answer: '`iss` is compared letter for letter, and is a part of who an agent is',
    mutation: { program: 'gateway', file: TOKENS, find: 'issuer: identity.issuer,', put: 'issuer: null,' },
    attacks: each(
      [undefined, '', 'https://login.elsewhere.example', 'a slash more', 'capitals', ['https://login.elsewhere.example']] as const,
      (iss) => `iss ${JSON.stringify(iss) ?? 'absent'}`,
      async (said, town) => {
        const honest = String(town.forger.honest.iss);
        const iss = said === 'a slash more' ? `${honest}/` : said === 'capitals' ? honest.toUpperCase() : said;
        return tries(town, 'legacy', await town.forged('reader', { iss }));
      },
    ),
  },
  {
    id: 'token-subject',
    boundary: 'agent',
    threat: 'A token whose subject names nobody, or more than one.',
    asset: 'who an audit row says it was',
    answer: 'A subject is well-formed text of 1 to 1,024 bytes',
    mutation: { program: 'gateway', file: TOKENS, find: 'if (!isSubject(payload.sub))', put: "if (payload.sub === 'nobody is called so')" },
    attacks: each(
      Object.keys(SUBJECTS),
      (subject) => `a subject that is ${subject}`,
      async (subject, town) => tries(town, 'legacy', await town.forged('reader', { sub: SUBJECTS[subject] })),
    ),
  },
  {
    id: 'token-place',
    boundary: 'agent',
    threat: 'A good token where no token belongs: another scheme, a cookie, the query, a header of a balancer.',
    asset: 'tokens in logs and in other people’s requests',
    answer: 'Only `Authorization: Bearer` with one token is read',
    mutation: {
      program: 'gateway',
      file: 'gateway/http/request-head.ts',
      find: '/^Bearer +([\\w~+/.-]+=*) *$/i',
      put: '/^(?:\\w+ +)?([\\w~+/.-]+=*)/i',
    },
    attacks: each(
      product(ERAS, Object.keys(PLACES)),
      ([era, place]) => `${era}: ${place}`,
      async ([era, place], town) => {
        const mark = town.mark();
        const { headers, query = '' } = PLACES[place]?.(await town.token('reader')) ?? { headers: {} };
        const answer = await town.ask(call(era, 'open', { mark }), { era, headers, path: `/vault/mcp${query}` });
        refused(town, answer, 'UNAUTHENTICATED', mark);
      },
    ),
  },
];
