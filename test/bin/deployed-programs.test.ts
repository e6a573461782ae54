import { expect, test } from '@jest/globals';
import { deployedFunctions, deployedServices } from '../../bin/place/deployed-programs';
import type { DeployedStack } from '../../bin/place/deployed-stack';
import { NPM_HTTP, NPM_STDIO, newFleet, templateOf } from '../lib/example-fleet';

/** A stack whose resources go by their logical ids in AWS, too. */
function deployed(): { readonly fleet: string; readonly stack: DeployedStack } {
  const fleet = newFleet();
  fleet.addServer('tickets', { runtime: NPM_HTTP });
  fleet.addServer('notes', { runtime: NPM_STDIO });
  const template = templateOf(fleet).toJSON();
  const ids = new Map(Object.keys(template.Resources).map((id) => [id, id]));
  return { fleet: 'orders', stack: { name: 'Company', places: [], template: async () => template as never, physicalIds: async () => ids } };
}

test('what a server writes is read in a group of its own, beside that of its sidecar', async () => {
  const services = await deployedServices(deployed());
  const groupsOf = (name?: string) => services.find(({ server }) => server === name)?.logGroups;
  expect(groupsOf('tickets')?.length).toBe(2);
  expect(groupsOf('tickets')).toContainEqual(expect.stringContaining('ServerLogs'));
  expect([groupsOf('notes')?.length, groupsOf()?.length]).toEqual([1, 1]);
});

test('functions are known with the groups that they write into', async () => {
  const functions = await deployedFunctions(deployed());
  const kinds = functions.map(({ name, logGroup }) => [name.match(/^Mcp(\w+?)Function/)?.[1], /^Mcp\w+Logs/.test(logGroup)]);
  expect(Object.fromEntries(kinds)).toEqual({
    Authorizer: true,
    AllowlistSync: true,
    LedgerJanitor: true,
    LedgerArchiver: true,
    KeyRotation: true,
  });
});
