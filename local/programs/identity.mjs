// The OIDC issuer in a process of its own. Receives { port, jwks, clients, cognito }, sends { port }, ends with its parent.
// Receives { clients } when they change: tokens that were issued stay good, for they say all that they mean.
//   clients: [{ id, secret, subject, kid }], of whom each has its tokens signed under a name of its own for the one key: what that name
//   has signed is not believed any more when it has another one; cognito: whether tokens have the shape of Cognito's (client_id and token_use)
// Agents log in with their client's secret (client credentials), or as people do (authorization code and PKCE), by clients that
// register themselves: whoever reaches it says on one page as which agent.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { answerInteraction, INTERACTION_PATH } from './identity-page.mjs';

/** Prefix under which an audience that is no URI travels as a resource indicator (RFC 8707 wants an absolute URI). */
const AUDIENCE_URN = 'urn:audience:';
/** Header by which the account chooses the lifetime of one token, in seconds. */
const TTL_HEADER = 'x-token-ttl';
const SCOPE = 'mcp';

/** Of one run: a login is not kept over a restart. */
const COOKIE_KEYS = [randomBytes(32).toString('base64url')];

process.once('message', ({ port, jwks, clients, cognito }) => {
  const server = createServer();
  // The port of an earlier run, so that the issuer stays the same; any other when it is taken.
  server.once('error', () => server.listen(0, '127.0.0.1'));
  server.listen(port ?? 0, '127.0.0.1');
  server.once('listening', () => {
    const listening = server.address().port;
    const serve = (known) => {
      const provider = createIssuer(`http://127.0.0.1:${listening}`, namedKeys(jwks, known), known, cognito);
      const answer = provider.callback();
      const subjects = known.map(({ subject }) => subject);
      server.removeAllListeners('request').on('request', (request, response) => {
        if (request.url.startsWith(INTERACTION_PATH)) void answerInteraction(provider, subjects, SCOPE, request, response);
        else answer(scoped(request), response);
      });
    };
    serve(clients);
    process.on('message', (change) => serve(change.clients));
    process.send({ port: listening });
  });
});
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));

/** The key under each name that clients have for it. */
function namedKeys({ keys }, clients) {
  const names = new Set(clients.map(({ kid }) => kid).filter((kid) => kid !== undefined));
  return { keys: [...keys, ...[...names].map((kid) => ({ ...keys[0], kid }))] };
}

/** Who asks for no scope in particular gets the one that there is (RFC 6749 §3.3). */
function scoped(request) {
  const url = new URL(request.url, 'http://localhost');
  if (request.method !== 'GET' || url.pathname !== '/auth' || url.searchParams.has('scope')) return request;
  url.searchParams.set('scope', SCOPE);
  request.url = `${url.pathname}${url.search}`;
  return request;
}

function createIssuer(url, jwks, clients, cognito) {
  const subjects = new Map(clients.map(({ id, subject }) => [id, subject]));
  const known = new Set(subjects.values());
  const names = new Map(clients.map(({ subject, kid }) => [subject, kid]));
  return new Provider(url, {
    jwks,
    clients: clients.map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    cookies: { keys: COOKIE_KEYS },
    // Where Cognito has its keys; found by discovery for any other issuer.
    routes: { jwks: '/.well-known/jwks.json' },
    scopes: [SCOPE],
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientBasedCORS: () => true,
    interactions: { url: (_ctx, { uid }) => `${INTERACTION_PATH}${uid}` },
    findAccount: (_ctx, id) => (known.has(id) ? { accountId: id, claims: () => ({ sub: id }) } : undefined),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => oneOf ?? [],
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource, client) => ({
          scope: SCOPE,
          audience: audienceOf(resource),
          accessTokenFormat: 'jwt',
          accessTokenTTL: Number(ctx.get(TTL_HEADER)) || 900,
          jwt: { sign: { alg: 'RS256', kid: names.get(subjects.get(client.clientId) ?? accountIn(ctx.oidc.entities)) } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt(_ctx, token, { payload }) {
          payload.sub = token.accountId ?? subjects.get(token.clientId);
          if (!cognito) return;
          // Cognito sends no aud; the library insists on one.
          payload.client_id = payload.aud;
          payload.token_use = 'access';
        },
      },
    },
  });
}

/** Who has logged in, where a client asks for somebody. */
function accountIn({ AuthorizationCode, RefreshToken, Account }) {
  return (AuthorizationCode ?? RefreshToken ?? Account)?.accountId;
}

function audienceOf(resource) {
  return resource.startsWith(AUDIENCE_URN) ? decodeURIComponent(resource.slice(AUDIENCE_URN.length)) : resource;
}
