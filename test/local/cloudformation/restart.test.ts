import { afterEach, expect, test } from '@jest/globals';
import type { ExecutionOptions } from '../../../local/cloudformation/stacks';
import { scratchFolder } from '../fixtures/assembly';
import { BOOTSTRAP_OUTPUT, BROKEN, type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';

/** An account that persists, ended and started again; test:long draws histories of it by chance. */

let account: DeployedAccount;
const folder = scratchFolder();

afterEach(() => account.stop());

test('a first deployment that failed is told of in the next run, and is nothing else', async () => {
  account = await startDeployedAccount(folder);
  await deploy('Fails', { Kept: parameter('one'), Broken: { ...BROKEN, DependsOn: 'Kept' } });
  await again();
  const { stacks } = account;
  expect(stacks.find('Fails')).toMatchObject({ status: 'ROLLBACK_COMPLETE' });
  expect(stacks.resources('Fails')).toEqual([]);
  expect(stacks.events('Fails').map(({ status }) => status)).toContain('CREATE_FAILED');
  const update = { stack: 'Fails', kind: 'UPDATE' as const, parameters: {}, tags: {}, capabilities: [] };
  await expect(stacks.deploy(update)).rejects.toThrow('is in ROLLBACK_COMPLETE state and can not be updated.');
  stacks.delete('Fails');
  await rest('Fails');
  await again();
  expect(account.stacks.list()).toEqual([]);
});

test('one that failed and was left so can be rolled back in the next run', async () => {
  account = await startDeployedAccount(folder);
  await deploy('Left', { Kept: parameter('one'), Broken: { ...BROKEN, DependsOn: 'Kept' } }, { disableRollback: true });
  await again();
  expect(account.stacks.find('Left')?.status).toBe('CREATE_FAILED');
  expect(account.stacks.resources('Left').map(({ logicalId }) => logicalId)).toEqual(['Kept']);
  await deploy('Other', { Another: parameter('two') });
  expect(account.stacks.resources('Left').map(({ logicalId }) => logicalId)).toEqual(['Kept']);
  account.stacks.rollback('Left');
  await rest('Left');
  expect([account.stacks.find('Left')?.status, account.stacks.resources('Left')]).toEqual(['ROLLBACK_COMPLETE', []]);
});

test('an output without a value rolls everything back', async () => {
  account = await startDeployedAccount(scratchFolder());
  const Outputs = { ...BOOTSTRAP_OUTPUT, Odd: { Value: { 'Fn::GetAtt': ['Kept', 'Nothing'] } } };
  await deploy('Odd', { Kept: parameter('one') }, {}, Outputs);
  expect(account.stacks.find('Odd')?.status).toBe('ROLLBACK_COMPLETE');
  expect(account.publishing.parameters.find('Odd-Kept')).toBeUndefined();
});

test('a function whose code stands in the template answers for a custom resource', async () => {
  account = await startDeployedAccount(scratchFolder());
  const ZipFile = `const response = require('cfn-response');
    exports.handler = (event, context) => {
      response.send(event, context, response.SUCCESS, { Says: event.ResourceProperties.Says + '!' }, 'made');
    };`;
  const resources = {
    Inline: { Type: 'AWS::Lambda::Function', Properties: { Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { ZipFile } } },
    Thing: { Type: 'Custom::Thing', Properties: { ServiceToken: { 'Fn::GetAtt': ['Inline', 'Arn'] }, Says: 'hello' } },
  };
  await deploy('Inline', resources, {}, { Said: { Value: { 'Fn::GetAtt': ['Thing', 'Says'] } } }, fleet('one'));
  expect(account.stacks.find('Inline')).toMatchObject({ status: 'CREATE_COMPLETE', outputs: [{ key: 'Said', value: 'hello!' }] });
  const python = { ...resources, Inline: { ...resources.Inline, Properties: { ...resources.Inline.Properties, Runtime: 'python3.13' } } };
  await expect(deploy('Python', python, {}, {}, fleet('two'))).rejects.toThrow(
    'the runtime python3.13 of Python/Inline; it runs Node.js functions',
  );
});

test('a custom resource that no fleet reads says that it is only recorded', async () => {
  account = await startDeployedAccount(scratchFolder());
  await deploy('Idle', {
    Thing: { Type: 'Custom::Thing', Properties: { ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:f' } },
  });
  const told = account.stacks.events('Idle').filter(({ logicalId }) => logicalId === 'Thing');
  expect(told.map(({ status, reason }) => [status, reason?.startsWith('Only recorded: no fleet reads it')])).toEqual([
    ['CREATE_COMPLETE', true],
    ['CREATE_IN_PROGRESS', true],
  ]);
});

/** A stack that is all a fleet's own. */
const fleet = (name: string) => ({ Metadata: { 'cdk-mcp-fleet': { fleets: { [name]: {} } } } });

function parameter(Value: string): object {
  return { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value } };
}

async function deploy(stack: string, Resources: object, options: ExecutionOptions = {}, Outputs: object = BOOTSTRAP_OUTPUT, more = {}) {
  const template = JSON.stringify({ Resources, Outputs, ...more });
  await account.stacks.deploy({ stack, kind: 'CREATE', template, parameters: {}, tags: {}, capabilities: [] }, options);
  await rest(stack);
}

async function again(): Promise<void> {
  await account.stop();
  account = await startDeployedAccount(folder);
}

async function rest(stack: string): Promise<void> {
  while (account.stacks.find(stack)?.status.endsWith('_IN_PROGRESS')) await new Promise((done) => setTimeout(done, 5));
}
