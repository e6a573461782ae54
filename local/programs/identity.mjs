// The OIDC issuer in a process of its own. Receives { port, jwks, clients, cognito }, sends { port }, ends with its parent.
// Receives { clients } when they change: tokens that were issued stay good, for they say all that they mean.
//   clients: [{ id, secret, subject }]; cognito: whether tokens have the shape of Cognito's (client_id and token_use)
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

/** Prefix under which an audience that is no URI travels as a resource indicator (RFC 8707 wants an absolute URI). */
const AUDIENCE_URN = 'urn:audience:';
/** Header by which the account chooses the lifetime of one token, in seconds. */
const TTL_HEADER = 'x-token-ttl';

process.once('message', ({ port, jwks, clients, cognito }) => {
  const server = createServer();
  // The port of an earlier run, so that the issuer stays the same; any other when it is taken.
  server.once('error', () => server.listen(0, '127.0.0.1'));
  server.listen(port ?? 0, '127.0.0.1');
  server.once('listening', () => {
    const listening = server.address().port;
    const serve = (known) => {
      const issuer = createIssuer(`http://127.0.0.1:${listening}`, jwks, known, cognito).callback();
      server.removeAllListeners('request').on('request', issuer);
    };
    serve(clients);
    process.on('message', (change) => serve(change.clients));
    process.send({ port: listening });
  });
});
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));

function createIssuer(url, jwks, clients, cognito) {
  const subjects = new Map(clients.map(({ id, subject }) => [id, subject]));
  return new Provider(url, {
    jwks,
    clients: clients.map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    })),
    // Where Cognito has its keys; found by discovery for any other issuer.
    routes: { jwks: '/.well-known/jwks.json' },
    scopes: ['mcp'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => ({
          scope: 'mcp',
          audience: audienceOf(resource),
          accessTokenFormat: 'jwt',
          accessTokenTTL: Number(ctx.get(TTL_HEADER)) || 900,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt(_ctx, token, { payload }) {
          payload.sub = subjects.get(token.clientId);
          if (!cognito) return;
          // Cognito sends no aud; the library insists on one, and readers of Cognito tokens do not look at it.
          payload.client_id = payload.aud;
          payload.token_use = 'access';
        },
      },
    },
  });
}

function audienceOf(resource) {
  return resource.startsWith(AUDIENCE_URN) ? decodeURIComponent(resource.slice(AUDIENCE_URN.length)) : resource;
}
