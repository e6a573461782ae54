import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent, setGlobalDispatcher } from 'undici';

/**
 * Lets every `fetch` of this process trust an authority beside those that Node.js trusts; NODE_EXTRA_CA_CERTS is read only when a process starts.
 * @param file of the authority's certificate, in PEM; undefined where nobody else is to be trusted
 */
export function trustAuthority(file: string | undefined): void {
  if (file === undefined) return;
  setGlobalDispatcher(new Agent({ connect: { ca: [...rootCertificates, readFileSync(file, 'utf8')] } }));
}
