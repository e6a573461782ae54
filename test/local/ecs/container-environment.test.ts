import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { containerEnvironment } from '../../../local/ecs/container-environment';
import type { EcsMachine } from '../../../local/ecs/machine';
import type { ContainerDefinition } from '../../../local/ecs/task-definition';
import { scratchFolder } from '../fixtures/assembly';
import { definitionOf, startMachine } from '../fixtures/tasks';

const BALANCER = 'internal-mcp-1a2b3c.us-east-1.elb.amazonaws.com';
const ISSUER = 'https://login.example';
const root = scratchFolder();
const place = { ports: new Map([[3000, 21000]]), folder: '/tmp/mcp-fleet-x/tasks/1', agent: {} };
let machine: EcsMachine & { stop(): Promise<void> };

beforeAll(async () => {
  mkdirSync(join(root, 'app'));
  writeFileSync(join(root, 'app/ca.pem'), rootCertificates[0] as string);
  machine = await startMachine();
  machine.addresses.addListener(BALANCER, 443, 8700);
  machine.addresses.addText(ISSUER, 'http://127.0.0.1:9000');
});

afterAll(() => machine.stop());

/** The environment of a container whose template, or whose image, says these. */
function environment(values: Record<string, string>, by: 'template' | 'image' = 'template'): Record<string, string> {
  const Environment = by === 'template' ? Object.entries(values).map(([Name, Value]) => ({ Name, Value })) : [];
  const [container] = definitionOf({ server: '' }, { server: { Environment } }).containers as [ContainerDefinition];
  const program = { ...container.program, root, environment: by === 'image' ? values : {} };
  return containerEnvironment({ ...container, program }, place, machine);
}

/** What looks like something of this machine, of the image, or of the fleet, and is the author's own. */
const PLACES = [
  '/app',
  '/app/ca.pem',
  '/tmp',
  '/tmp/state.json',
  place.folder,
  root,
  '/',
  '127.0.0.1:3000',
  'http://localhost:3000',
  ISSUER,
  '3000',
];
const FORMS: readonly ((place: string) => string)[] = [
  (text) => text,
  (text) => `${text}/more`,
  (text) => `x=${text}`,
  (text) => JSON.stringify({ a: [text] }),
  (text) => `${text}:${text}`,
  (text) => `${text}.example`,
];

describe('a value of the template stays as it is', () => {
  test.each(PLACES)('%s, in every form, in the template and in the image', (text) => {
    const values = Object.fromEntries(FORMS.map((form, index) => [`VALUE_${index}`, form(text)]));
    expect(environment(values)).toMatchObject(values);
    expect(environment(values, 'image')).toMatchObject(values);
  });
});

describe('what is not the text of an author', () => {
  test('a load balancer that the template refers to is the one here', () => {
    expect(environment({ UPSTREAM: `https://${BALANCER}/app/`, OTHER: `{"at":"${BALANCER}:443"}` })).toMatchObject({
      UPSTREAM: 'http://127.0.0.1:8700/app/',
      OTHER: '{"at":"127.0.0.1:8700"}',
    });
  });

  test('addresses in the configuration of our own programs are those here', () => {
    const config = JSON.stringify({ issuer: ISSUER, servers: `https://${BALANCER}`, runtime: { url: 'http://127.0.0.1:3000/mcp' } });
    const here = { issuer: 'http://127.0.0.1:9000', servers: 'http://127.0.0.1:8700', runtime: { url: 'http://127.0.0.1:21000/mcp' } };
    for (const name of ['MCP_FLEET_CONFIG', 'MCP_FLEET_SIDECAR'])
      expect(JSON.parse(environment({ [name]: config })[name] as string)).toEqual(here);
  });

  test('PORT is the port that the container has here', () => {
    expect(environment({ PORT: '3000' }).PORT).toBe('21000');
    expect(environment({ PORT: '3001' }).PORT).toBe('3001');
  });

  test.each(['template', 'image'] as const)(
    'the authorities that Node.js reads are found in the image, as the %s names them',
    async (by) => {
      const env = environment({ NODE_EXTRA_CA_CERTS: '/app/ca.pem' }, by);
      expect(env.NODE_EXTRA_CA_CERTS).toBe(join(root, 'app/ca.pem'));
      const load = async (values: Record<string, string>) =>
        (await promisify(execFile)(process.execPath, ['-e', 'require("node:tls").createSecureContext()'], { env: values })).stderr;
      expect(await load(env)).toBe('');
      expect(await load({ ...env, NODE_EXTRA_CA_CERTS: '/app/ca.pem' })).toContain('Ignoring extra certs');
      // One of this machine, such as of the system, is read where it is.
      expect(environment({ NODE_EXTRA_CA_CERTS: '/etc/hosts' }, by).NODE_EXTRA_CA_CERTS).toBe('/etc/hosts');
    },
  );
});
