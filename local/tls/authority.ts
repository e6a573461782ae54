import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { CERTIFICATE_ALGORITHM, privateKeyPem } from '../../core/target-certificate';

/** PEM texts of a key, and of the certificate that somebody has signed for it. */
export interface IssuedCertificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 24 * 60 * 60_000;
/** Longer than any run. */
const LASTS_MS = 365 * DAY_MS;

/** Issues certificates in the place of ACM. It is made at the start of an account, and its key never leaves the memory of that. */
export class Authority {
  private constructor(
    private readonly keys: webcrypto.CryptoKeyPair,
    private readonly own: X509Certificate,
  ) {}

  /** @param now milliseconds since the epoch */
  static async make(now: number): Promise<Authority> {
    const keys = await newKeys();
    const own = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=mcp-fleet local account',
      keys,
      signingAlgorithm: CERTIFICATE_ALGORITHM,
      notBefore: new Date(now - 2 * LASTS_MS),
      notAfter: new Date(now + LASTS_MS),
      extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
    });
    return new Authority(keys, own);
  }

  /** PEM text of its certificate: whoever trusts it, trusts what it issues. */
  get cert(): string {
    return this.own.toString('pem');
  }

  /**
   * A certificate for this machine.
   * @param end milliseconds since the epoch; a time that has passed makes one that has expired
   * @param hosts that it stands for, too
   */
  async issue(end: number, hosts: Iterable<string> = []): Promise<IssuedCertificate> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      subject: 'CN=127.0.0.1',
      issuer: this.own.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: CERTIFICATE_ALGORITHM,
      notBefore: new Date(end - LASTS_MS),
      notAfter: new Date(end),
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: 'ip', value: '127.0.0.1' },
          ...['localhost', ...hosts].map((value) => ({ type: 'dns', value }) as const),
        ]),
      ],
    });
    return { key: await privateKeyPem(keys.privateKey), cert: certificate.toString('pem') };
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(CERTIFICATE_ALGORITHM, true, ['sign', 'verify']);
}
