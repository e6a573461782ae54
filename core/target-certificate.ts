import { webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';

/** Of keys and of what they sign. */
export const CERTIFICATE_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const YEAR_MS = 365 * 24 * 60 * 60_000;

/** PEM texts of a key and of the certificate that it has signed itself. */
export interface TargetCertificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * A certificate for a target of a load balancer, which encrypts its way to it and does not ask who has signed (Elastic Load Balancing,
 * "Target groups for your Application Load Balancers"). It is made at each start, and its key never leaves the memory of the program.
 * @param now milliseconds since the epoch
 */
export async function targetCertificate(now: number): Promise<TargetCertificate> {
  const keys = await webcrypto.subtle.generateKey(CERTIFICATE_ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=cdk-mcp-fleet target',
    keys,
    signingAlgorithm: CERTIFICATE_ALGORITHM,
    // Clocks differ; a task is replaced long before ten years.
    notBefore: new Date(now - YEAR_MS),
    notAfter: new Date(now + 10 * YEAR_MS),
  });
  return { key: await privateKeyPem(keys.privateKey), cert: certificate.toString('pem') };
}

/** PEM text of a key that may be exported. */
export async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${exported}\n-----END PRIVATE KEY-----\n`;
}
