import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Cookies of duration-based stickiness; the second one is for cross-origin requests (Elastic Load Balancing, sticky sessions). */
const COOKIE = 'AWSALB';
const CORS_COOKIE = 'AWSALBCORS';

/**
 * Duration-based stickiness: an encrypted cookie that names the target and the time of issue. Like the load balancer's, it
 * is another text in each answer, nobody else can read or make it, and its age is judged by the issuer alone.
 */
export class Stickiness {
  private readonly key = randomBytes(32);

  constructor(public durationSeconds: number) {}

  /** `Set-Cookie` values that bind a client to a target from now on. */
  cookiesFor(target: string): string[] {
    const now = Date.now();
    const value = this.seal(`${now} ${target}`);
    const expires = new Date(now + this.durationSeconds * 1000).toUTCString();
    return [`${COOKIE}=${value}; Expires=${expires}; Path=/`, `${CORS_COOKIE}=${value}; Expires=${expires}; Path=/; SameSite=None; Secure`];
  }

  /** The target that a request's `Cookie` header is bound to; undefined when there is none, or it is too old or not ours. */
  targetOf(cookieHeader: string | undefined): string | undefined {
    const [, value] = /(?:^|;\s*)AWSALB=([^;]+)/.exec(cookieHeader ?? '') ?? /(?:^|;\s*)AWSALBCORS=([^;]+)/.exec(cookieHeader ?? '') ?? [];
    const [issued, target] = (value && this.open(value))?.split(' ') ?? [];
    if (issued === undefined || Date.now() - Number(issued) > this.durationSeconds * 1000) return undefined;
    return target;
  }

  private seal(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
  }

  private open(value: string): string | undefined {
    try {
      const sealed = Buffer.from(value, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, 12));
      decipher.setAuthTag(sealed.subarray(-16));
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }
}
