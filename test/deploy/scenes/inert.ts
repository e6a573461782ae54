import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type InertProps, inertApp } from '../apps/inert';
import { type Scene, succeeded } from './scene';

const ALWAYS = ['--require-approval', 'never', '--progress', 'events'];

/** A stack of which nothing runs here: it is deployed, changed and destroyed as any other. */
export async function inert({ account, steps, assemblies }: Scene): Promise<void> {
  const assembly = (name: string, props: InertProps): string => {
    const folder = join(assemblies, name);
    inertApp(props, folder);
    return folder;
  };
  const before = assembly('office', { queueName: 'jobs', hidden: 30 });
  await steps.take('cdk deploy: what does not run here', async () => {
    succeeded(await account.cdk('bootstrap', before), /bootstrapped/);
    const { output } = succeeded(await account.cdk('deploy', before, ...ALWAYS), /✅ {2}Office/);
    assert.match(output, /CREATE_COMPLETE .*AWS::SQS::Queue .*Post/);
    assert.match(output, /CREATE_COMPLETE .*AWS::CloudFormation::Stack .*Branch/);
    assert.deepEqual(await (await account.now()).processes(), []);
  });
  const after = assembly('office-after', { queueName: 'orders', hidden: 60 });
  await steps.take('cdk diff: by a change set, which queue is replaced and which is not', async () => {
    const { output } = succeeded(await account.cdk('diff', after), /\[~\] AWS::SQS::Queue Jobs \S+ replace/);
    assert.match(output, /\[~\] AWS::SQS::Queue Mail \S+\n/);
  });
  await steps.take('cdk deploy: a queue is replaced, and the old one goes', async () => {
    const { output } = succeeded(await account.cdk('deploy', after, ...ALWAYS), /✅ {2}Office/);
    assert.match(output, /UPDATE_COMPLETE .*AWS::SQS::Queue .*Jobs/);
    assert.match(output, /DELETE_COMPLETE .*AWS::SQS::Queue .*Jobs/);
    assert.match(output, /UPDATE_COMPLETE .*AWS::SQS::Queue .*Post/);
    succeeded(await account.cdk('diff', after, '--fail'), /differences: 0|no differences/i);
  });
  await steps.take('cdk destroy: what does not run here', async () => {
    const { output } = succeeded(await account.cdk('destroy', after, '--force', '--progress', 'events'), /Office: destroyed/);
    assert.match(output, /DELETE_COMPLETE .*AWS::SQS::Queue/);
  });
}
