import { expect, test } from '@jest/globals';
import { type App, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { agentId } from '../../core/agent';
import { GRANTS_FORMAT, GRANTS_RESOURCE, type GrantsDocument } from '../../core/grants-document';
import { readGrants } from '../../core/read-grants';
import { writesBetween } from '../../lambda/allowlist-difference';
import { ToolPolicy } from '../../lib';
import { documentOf, NPM_HTTP, newApp, newFleet, templateOf } from './example-fleet';

const AGENTS = 1_000;
/** As many as a stack holds that has the fleet's VPC, too. */
const SERVERS = 13;

test('1,000 agents with as many servers as a stack holds, each granted on each, synthesize within every limit', () => {
  const app = newApp();
  const fleet = newFleet(new Stack(app, 'Company'));
  const servers = Array.from({ length: SERVERS }, (_, at) =>
    fleet.addServer(`server-${at}`, { runtime: NPM_HTTP, tools: { read: ToolPolicy.readOnly(), write: ToolPolicy.stateChanging() } }),
  );
  const began = performance.now();
  for (let at = 0; at < AGENTS; at++) {
    const agent = fleet.addAgent(`agent-${at}`, { subject: `subject-${at}` });
    for (const server of servers) server.grantCall(agent, { tools: ['read', 'write'] });
  }
  const template = templateOf(fleet).toJSON();
  console.log(`${AGENTS} agents × ${SERVERS} servers: declared and synthesized in ${Math.round(performance.now() - began)} ms`);

  expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
  expect(Buffer.byteLength(JSON.stringify(template))).toBeLessThan(1_000_000);
  for (const { Type, Properties } of Object.values<{ Type: string; Properties: object }>(template.Resources)) {
    if (Type === 'AWS::ECS::TaskDefinition') expect(Buffer.byteLength(JSON.stringify(Properties))).toBeLessThan(64 * 1024);
  }
  expect(documentOf(fleet).agents.flatMap(({ grants }) => grants)).toHaveLength(AGENTS * SERVERS);
}, 300_000);

test('400 agents whose subjects only the deployment knows stay below what a template and a request to a function may weigh', () => {
  const stack = new Stack(newApp(), 'Company');
  const pool = new UserPool(new Stack(stack.node.root as App, 'Login'), 'Pool');
  const fleet = newFleet(stack);
  const server = fleet.addServer('tickets', { runtime: NPM_HTTP });
  for (let at = 0; at < 400; at++) {
    server.grantCall(fleet.addAgent(`agent-${at}`, { subject: pool.addClient(`Client${at}`, {}).userPoolClientId }), { tools: ['*'] });
  }
  const [grants] = Object.values(templateOf(fleet).findResources(GRANTS_RESOURCE));

  expect(grants?.Properties.Values).toHaveLength(401);
  // With ids of 26 characters in place of what the template names them by, the request has a fraction of 256 KB.
  expect(Buffer.byteLength(JSON.stringify(grants))).toBeLessThan(500_000);
}, 300_000);

test('the rows of 200 servers × 1,000 agents are compared in memory, and one change of theirs is one write', () => {
  const names = Array.from({ length: 200 }, (_, at) => `server-${at}`);
  const document: GrantsDocument = {
    format: GRANTS_FORMAT,
    issuer: 'https://login.example',
    agents: Array.from({ length: AGENTS }, (_, at) => ({
      name: `agent-${at}`,
      subject: `subject-${at}`,
      grants: names.map((server) => ({ server, effect: 'allow' as const, tools: ['read', 'write'] })),
    })),
  };
  expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThan(25_000_000);
  const rows = readGrants(document).agents.flatMap(({ name, subject, grants }) =>
    grants.map(({ server, effect, tools }) => ({
      ...{ agent: agentId({ issuer: document.issuer, subject }), entry: `${server}#${effect}#cdk`, server, effect, tools },
      ...{ source: 'cdk', issuer: document.issuer, subject, name },
    })),
  );
  const began = performance.now();
  expect(writesBetween([], rows, 'Create', 'Grants').flat()).toHaveLength(200_000);
  const present = rows.map((row) => ({ ...row, writer: 'Grants' }));
  const [first, ...others] = rows;
  expect(
    writesBetween(present, [{ ...(first as (typeof rows)[number]), tools: ['read'] }, ...others], 'Update', 'Grants').flat(),
  ).toHaveLength(1);
  console.log(
    `200,000 rows compared twice in ${Math.round(performance.now() - began)} ms, ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
  );
}, 300_000);
