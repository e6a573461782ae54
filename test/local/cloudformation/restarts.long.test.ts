import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { KeptStacks } from '../../../local/cloudformation/kept-stacks';
import type { StackStatus } from '../../../local/cloudformation/stacks';
import { between, type Random, randomOf } from '../../chaos/random';
import { scratchFolder } from '../fixtures/assembly';
import { BOOTSTRAP_OUTPUT, BROKEN, type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';

/**
 * Histories drawn by chance of an account that persists: after any operation it is stopped, or killed at any moment of it, and started
 * again. It always starts, says what was interrupted, and holds what its stacks say; and everything can be deleted at the end.
 */

const HISTORIES = 12;
const OPERATIONS = 14;
const NAMES = ['One', 'Two', 'Three'] as const;

test.each(Array.from({ length: HISTORIES }, (_, i) => i + 1))(
  'history %d',
  async (seed) => {
    const random = randomOf(`restarts ${seed}`);
    const folder = scratchFolder();
    let account = await startDeployedAccount(folder);
    await putNested(account);
    try {
      for (let step = 0; step < OPERATIONS; step++) {
        const said = operate(account, random);
        const from = account.moments.length;
        await Promise.all(said.map((done) => done));
        if (random() < 0.4) continue;
        account = await startAgain(account, folder, random, Math.max(0, from - 1));
        requireSound(account, `seed ${seed}, step ${step}`);
      }
      account = await startAgain(account, folder, random, 0);
      for (const { name, status } of account.stacks.list().filter(({ parentId }) => parentId === undefined)) {
        account.stacks.delete(name);
        await rest(account, name);
        const left = account.stacks.find(name);
        expect([seed, name, status, left && account.stacks.events(name).slice(0, 5)]).toEqual([seed, name, status, undefined]);
      }
      expect([seed, account.stacks.list().filter(({ status }) => status !== 'DELETE_COMPLETE')]).toEqual([seed, []]);
      expect([seed, [...(account.moments.at(-1)?.resources.keys() ?? [])]]).toEqual([seed, []]);
    } finally {
      await account.stop();
    }
  },
  120_000,
);

/** Begins one operation, or two at once. */
function operate(account: DeployedAccount, random: Random): readonly Promise<void>[] {
  const name = NAMES[between(random, 0, NAMES.length)] as (typeof NAMES)[number];
  const works = [operateOn(account, name, random)];
  const other = NAMES.find((each) => each !== name) as (typeof NAMES)[number];
  return random() < 0.3 ? [...works, operateOn(account, other, random)] : works;
}

/** What a client may do to a stack in its status, as the CDK command line does it. */
async function operateOn({ stacks }: DeployedAccount, name: string, random: Random): Promise<void> {
  const status = stacks.find(name)?.status ?? 'REVIEW_IN_PROGRESS';
  const disableRollback = random() < 0.3;
  const request = { stack: name, parameters: {}, tags: {}, capabilities: [], template: drawn(name, random) };
  const mustGo = ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED'].includes(status);
  if (mustGo || (status !== 'REVIEW_IN_PROGRESS' && random() < 0.2)) stacks.delete(name);
  else if (['CREATE_FAILED', 'UPDATE_FAILED', 'UPDATE_ROLLBACK_FAILED'].includes(status)) stacks.rollback(name);
  else {
    const kind = status === 'REVIEW_IN_PROGRESS' ? 'CREATE' : 'UPDATE';
    await stacks.deploy({ ...request, kind }, { disableRollback }).catch((error: Error) => {
      if (error.message !== 'No updates are to be performed.') throw error;
    });
  }
  await rest({ stacks }, name);
}

/** Parameters and buckets, which run and outlive a run, things that are names, and sometimes one that cannot be made. */
function drawn(stack: string, random: Random): string {
  const bucket = () => ({ Type: 'AWS::S3::Bucket', Properties: { BucketName: `${stack}-${between(random, 0, 3)}`.toLowerCase() } });
  const parameter = () => ({ Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: `${between(random, 0, 3)}` } });
  const Resources = {
    Always: parameter(),
    ...(random() < 0.5 && { Bucket: bucket() }),
    ...(random() < 0.5 && { Thing: { Type: 'Test::Thing', Properties: { Value: { Ref: 'Always' } } } }),
    ...(random() < 0.4 && { Child: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: nestedUrl(between(random, 0, 2)) } } }),
    ...(random() < 0.3 && { Broken: { ...BROKEN, DependsOn: 'Always' } }),
  };
  return JSON.stringify({
    Resources,
    Outputs: { ...BOOTSTRAP_OUTPUT, Told: { Value: { Ref: 'Always' }, Export: { Name: `${stack}-told` } } },
  });
}

const nestedUrl = (number: number) => `https://s3.us-east-1.amazonaws.com/nested/nested-${number}.json`;

/** Two templates for nested stacks, of which one has more. */
async function putNested({ client, publishing }: DeployedAccount): Promise<void> {
  publishing.objects.createBucket('nested');
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const parameter = { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: 'nested' } };
  for (const [number, Resources] of [{ One: parameter }, { One: parameter, Two: parameter }].entries())
    await s3.send(
      new PutObjectCommand({
        ...{ Bucket: 'nested', Key: `nested-${number}.json` },
        Body: JSON.stringify({ Resources, Outputs: BOOTSTRAP_OUTPUT }),
      }),
    );
  s3.destroy();
}

/** Stopped, or killed at one of the moments since `from`: of its stacks is there what was kept then. */
async function startAgain(account: DeployedAccount, folder: string, random: Random, from: number): Promise<DeployedAccount> {
  const { moments } = account;
  await account.stop();
  const moment = moments[between(random, from, moments.length)];
  if (moment && random() < 0.7) new KeptStacks(join(folder, 'stacks.json')).save(moment);
  return await startDeployedAccount(folder);
}

function requireSound({ stacks }: DeployedAccount, story: string): void {
  for (const { id, name, status } of stacks.list()) {
    const newest = stacks.events(id).find(({ physicalId }) => physicalId === id);
    const template = JSON.parse(stacks.template(id) || '{}') as { readonly Resources?: object };
    const held = stacks.resources(id).map(({ logicalId }) => logicalId);
    const said = `${story}: ${name} ${status} ${newest?.reason ?? ''}`;
    if (status === 'REVIEW_IN_PROGRESS' || status === 'DELETE_COMPLETE') continue;
    expect([said, status.endsWith('_IN_PROGRESS')]).toEqual([said, false]);
    expect([said, newest?.status]).toEqual([said, status]);
    if (STANDING.includes(status)) expect([said, held.sort()]).toEqual([said, Object.keys(template.Resources ?? {}).sort()]);
    if (status === 'ROLLBACK_COMPLETE') expect([said, held]).toEqual([said, []]);
  }
}

const STANDING: readonly StackStatus[] = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'];

async function rest({ stacks }: Pick<DeployedAccount, 'stacks'>, name: string): Promise<void> {
  const isUnderWay = () => /(?<!REVIEW)_IN_PROGRESS$/.test(stacks.find(name)?.status ?? '');
  while (isUnderWay()) await new Promise((again) => setTimeout(again, 5));
}
