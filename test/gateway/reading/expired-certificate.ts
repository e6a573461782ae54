import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `openssl ca` alone lets one choose the time (OpenSSL 3.0). */
const CONFIG = `
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
`;

/** A key and a certificate of its own for 127.0.0.1, which was good on one day of 2020. */
export function expiredCertificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'expired-'));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const openssl = (words: string): void => void execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'ignore' });
  write('ca.cnf', CONFIG);
  write('names.cnf', 'subjectAltName = IP:127.0.0.1\n');
  write('index.txt', '');
  write('serial', '01\n');
  openssl('req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=private -keyout key.pem -out request.pem');
  const days = '-startdate 20200101000000Z -enddate 20200102000000Z';
  openssl(`ca -batch -selfsign -config ca.cnf -extfile names.cnf -keyfile key.pem -in request.pem -out cert.pem -notext ${days}`);
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(folder, name), 'utf8')) as [string, string];
  rmSync(folder, { recursive: true });
  return { key, cert };
}
