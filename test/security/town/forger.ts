import { importJWK, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

export type Claims = Readonly<Record<string, unknown>>;
type Key = Awaited<ReturnType<typeof importJWK>>;

/** Makes tokens that an issuer would not give: by its own key, or by none. */
export class Forger {
  private constructor(
    private readonly key: Key,
    /** Public part of the issuer's key. */
    readonly published: JWK,
    /** Claims of an honest token. */
    readonly honest: JWTPayload,
  ) {}

  /** @param jwk the issuer's private key @param token one that it has given */
  static async with(jwk: JWK, token: string): Promise<Forger> {
    const { kty, n, e, kid } = jwk;
    const published = {
      ...(kty !== undefined && { kty }),
      ...(n !== undefined && { n }),
      ...(e !== undefined && { e }),
      ...(kid && { kid }),
    };
    return new Forger(await importJWK(jwk, 'RS256'), published, JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
  }

  /** With the issuer's key and whatever claims; undefined takes one away. */
  async signed(claims: Claims, header: Partial<JWTHeaderParameters> = {}, key: Key | Uint8Array = this.key): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { ...this.honest, iat: now, exp: now + 3_600, ...claims } as JWTPayload;
    return await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: this.published.kid ?? '', ...header }).sign(key);
  }

  /** Without any signature, or with a given one. */
  unsigned(claims: Claims, header: Claims, signature = ''): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part(header)}.${part({ ...this.honest, iat: now, exp: now + 3_600, ...claims })}.${signature}`;
  }
}
