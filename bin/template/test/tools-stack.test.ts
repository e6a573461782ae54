import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Template } from 'aws-cdk-lib/assertions';
import { tools } from '../bin/app';

const grantsOf = (name: string) => tools.fleet.grants.filter(({ agent }) => agent === name).map(({ server, tools }) => ({ server, tools }));

test('the writer may add notes, the reader may only list them', () => {
  deepEqual(grantsOf('writer'), [{ server: 'notes', tools: ['add_note', 'list_notes'] }]);
  deepEqual(grantsOf('reader'), [{ server: 'notes', tools: ['list_notes'] }]);
});

test('they reach the allowlist by one custom resource', () => {
  Template.fromStack(tools).resourceCountIs('Custom::McpFleetGrants', 1);
});
