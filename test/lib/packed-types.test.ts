import { expect, test } from '@jest/globals';
import { packedTypes } from './packed-types';

const types = packedTypes();
const classes = types.classes();
const preamble = `${classes.map((name) => `declare const a${name}: fleet.${name};`).join('\n')}
declare const mcp: fleet.McpFleet;`;

test('the package exports classes, and this file sees them', () => {
  expect(classes).toEqual(expect.arrayContaining(['AgentIdentity', 'FleetEdge', 'McpFleet', 'Reconcile', 'ServerMethod', 'ToolPolicy']));
});

test('nothing is taken for an object of one of our classes but what that class has made', () => {
  const right = classes.map((name) => `const is${name}: fleet.${name} = a${name};`);
  const wrong = classes.flatMap((name) => [
    `const text${name}: fleet.${name} = 'text';`,
    `const number${name}: fleet.${name} = 5;`,
    `const literal${name}: fleet.${name} = {};`,
    `const alike${name}: fleet.${name} = {} as Pick<fleet.${name}, keyof fleet.${name}>;`,
    ...classes.filter((other) => other !== name).map((other) => `const ${other}For${name}: fleet.${name} = a${other};`),
  ]);

  const refused = types.refusedOf(preamble, [...right, ...wrong]);

  expect(refused.lines).toEqual(wrong);
  expect(refused.declarations).toEqual([]);
});

test('words in the place of our objects do not compile', () => {
  const wrong = [
    "mcp.addServer('notes', { runtime: 'stdio' });",
    "mcp.addServer('notes', { runtime: aServerRuntime, tools: { write: 'readOnly' } });",
    "mcp.addServer('notes', { runtime: aServerRuntime, secrets: [{ name: 'KEY' }] });",
    "mcp.addServer('notes', { runtime: aServerRuntime, methods: [{ name: 'acme/reindex' }] });",
    "new fleet.McpFleet(mcp, 'Other', { identity: aAgentIdentity, edge: 'public' });",
    "new fleet.McpFleet(mcp, 'Other', { identity: { issuer: 'https://login.example' }, edge: aFleetEdge });",
    "fleet.ToolPolicy.stateChanging({ reconcile: 'find' });",
    "aMcpServer.grantCall('support', { tools: ['read'] });",
  ];
  const right = ["mcp.addServer('notes', { runtime: aServerRuntime, tools: { write: aToolPolicy } });"];

  expect(types.refusedOf(preamble, [...wrong, ...right]).lines).toEqual(wrong);
});
