// Pins the base image of what is shipped to bytes: writes behind its tag the digest that the tag has in its registry today.
//   npm run base-image              renews build/images/Dockerfile; the change is reviewed like any other
//   npm run base-image -- --check   exit code 3 where the tag has another digest by now, or none is written down
// With another path after it, that Dockerfile.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const [file = join(root, 'build/images/Dockerfile')] = process.argv.slice(2).filter((argument) => argument !== '--check');
const isCheck = process.argv.includes('--check');
/** As ECR and Docker answer for several processors at once: each of them is pinned by the one digest (OCI Image Specification, image index). */
const INDEXES = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'];
const DIGEST = /^sha256:[0-9a-f]{64}$/;

const text = readFileSync(file, 'utf8');
const [line, registry, repository, tag, known] = /^FROM ([^/\s]+)\/([^:@\s]+):([\w.-]+)(?:@(sha256:[0-9a-f]{64}))?$/m.exec(text) ?? [];
if (line === undefined) fail(`${file} has no line FROM REGISTRY/REPOSITORY:TAG.`);
const digest = await digestOf();
if (digest === known) console.log(`${registry}/${repository}:${tag} is ${digest}, as it is written down.`);
else if (isCheck) fail(`${registry}/${repository}:${tag} is ${digest}, and ${known ?? 'none'} is written down: npm run base-image`, 3);
else {
  writeFileSync(file, text.replace(line, `FROM ${registry}/${repository}:${tag}@${digest}`));
  console.log(`${registry}/${repository}:${tag} is ${digest} now; it was ${known ?? 'not pinned'}.`);
}

async function digestOf() {
  // Only a registry on this machine is asked without TLS.
  const base = `${/^(127\.0\.0\.1|localhost)(:|$)/.test(registry) ? 'http' : 'https'}://${registry}`;
  const ask = (headers) =>
    fetch(`${base}/v2/${repository}/manifests/${tag}`, { method: 'HEAD', headers: { accept: INDEXES.join(', '), ...headers } });
  let response = await ask({});
  if (response.status === 401) response = await ask({ authorization: `Bearer ${await tokenFor(response)}` });
  const type = response.headers.get('content-type')?.split(';')[0];
  const found = response.headers.get('docker-content-digest') ?? '';
  if (!response.ok) fail(`${registry} answers ${response.status} for ${repository}:${tag}.`);
  if (!INDEXES.includes(type) || !DIGEST.test(found))
    fail(`${registry} has no index of images under ${repository}:${tag}: ${type} ${found}.`);
  return found;
}

/** For whoever reads what is public (Docker Registry, token authentication). */
async function tokenFor(response) {
  const challenge = response.headers.get('www-authenticate') ?? '';
  const said = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  if (!/^Bearer /i.test(challenge) || !URL.canParse(said.realm)) fail(`${registry} says no way to a token: ${challenge}.`);
  const url = new URL(said.realm);
  url.searchParams.set('service', said.service ?? registry);
  url.searchParams.set('scope', said.scope ?? `repository:${repository}:pull`);
  const answer = await fetch(url);
  if (!answer.ok) fail(`${url.host} answers ${answer.status} for a token.`);
  const { token, access_token } = await answer.json();
  return token ?? access_token;
}

function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}
