import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** An issuer of tokens on loopback whose keys change, and that fails as a test says. */
export interface RotatingIssuer {
  readonly url: string;
  /** Paths that it was asked for. */
  readonly asked: string[];
  /** Answers in its stead; undefined while it is well. */
  fails?: (response: ServerResponse, path: string) => void;
  /** A new key under a new or a known `kid`; those of `withdrawn` are told no longer. */
  rotate(kid: string, withdrawn?: readonly string[]): Promise<void>;
  /** Signed with the newest key of a `kid`; with a stranger's where it has none. */
  token(
    kid: string,
    claims: { readonly sub: string; readonly aud: string; readonly seconds?: number; readonly typ?: string },
  ): Promise<string>;
  stop(): void;
}

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

export async function startRotatingIssuer(): Promise<RotatingIssuer> {
  const pairs = new Map<string, Pair>();
  const told = new Map<string, JWK>();
  const stranger = await generateKeyPair('ES256');
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    issuer.asked.push(path);
    if (issuer.fails !== undefined) return issuer.fails(response, path);
    response.setHeader('content-type', 'application/json');
    const metadata = { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` };
    response.end(JSON.stringify(path === '/jwks' ? { keys: [...told.values()] } : metadata));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const issuer: RotatingIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    rotate: async (kid, withdrawn = []) => {
      const pair = await generateKeyPair('ES256');
      pairs.set(kid, pair);
      told.set(kid, { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' });
      for (const gone of withdrawn) told.delete(gone);
    },
    token: (kid, { sub, aud, seconds = 600, typ }) =>
      new SignJWT({ scope: '' })
        .setProtectedHeader({ alg: 'ES256', kid, ...(typ !== undefined && { typ }) })
        .setIssuer(issuer.url)
        .setSubject(sub)
        .setAudience(aud)
        .setIssuedAt()
        .setJti(String(Math.random()))
        .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
        .sign((pairs.get(kid) ?? stranger).privateKey),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  await issuer.rotate('k1');
  return issuer;
}
