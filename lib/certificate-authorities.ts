import { X509Certificate } from 'node:crypto';
import { Token } from 'aws-cdk-lib';
import type { Problem } from './problems';

/** RFC 7468 § 2: each on a line of its own. What does not begin a line, TLS libraries pass over in silence. */
const BEGINNING = /-----BEGIN ([^-\r\n]*)-----/g;
const CERTIFICATE = /^-----BEGIN CERTIFICATE-----\s[^-]*^-----END CERTIFICATE-----/gm;

/**
 * What is wrong with the PEM text of certificate authorities: with one that cannot be read, TLS would trust nobody, or fewer than were
 * meant. The text itself is not told: it may hold a private key.
 */
export function authorityProblems(pem: string | undefined): Problem[] {
  if (pem === undefined || Token.isUnresolved(pem)) return [];
  const what = 'runtime certificateAuthorities';
  const labels = [...pem.matchAll(BEGINNING)].map(([, label]) => label);
  const allowed = 'PEM text of certificates';
  if (labels.length === 0) {
    const fix = "Give the text and not the file's name: readFileSync('ca.pem', 'utf8').";
    return [{ what, got: `${pem.length} characters without a certificate`, allowed, fix }];
  }
  const others = labels.filter((label) => label !== 'CERTIFICATE');
  if (others.length > 0) return [{ what, got: others, allowed, fix: 'Leave the rest out: the template can be read by many.' }];
  const read = [...pem.matchAll(CERTIFICATE)].filter(([block]) => isCertificate(block)).length;
  if (read === labels.length) return [];
  const fix = 'Copy them whole, with each BEGIN and END at the beginning of a line.';
  return [{ what, got: `${labels.length} certificates, of which ${read} can be read`, allowed, fix }];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
