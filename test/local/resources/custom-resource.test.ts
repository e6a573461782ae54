import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StackDeploymentFailed } from '../../../local/cloudformation/deployed-stacks';
import { custom, StackRig } from '../fixtures/stack-rig';

let rig: StackRig;

beforeAll(async () => {
  rig = await StackRig.start();
}, 30_000);
afterAll(() => rig.stop());

const asked = () =>
  rig
    .takeJournal()
    .map(({ RequestType, LogicalResourceId, PhysicalResourceId = '' }) =>
      `${RequestType} ${LogicalResourceId} ${PhysicalResourceId}`.trim(),
    );
const failure = async (deployment: Promise<unknown>): Promise<StackDeploymentFailed> => {
  const error = await deployment.catch((cause: unknown) => cause);
  if (error instanceof StackDeploymentFailed) return error;
  throw error;
};

describe('a custom resource whose Create failed', () => {
  test.each([
    ['the physical id that its answer gave', { Fail: 'Create', FailedId: 'half' }, /^half$/],
    ['an id made for it, where the answer gave none', { Fail: 'Create' }, /^Shop-One-[0-9A-F]{12}$/],
    ['an id made for it, where nothing answered', { Throw: 'Create' }, /^Shop-One-[0-9A-F]{12}$/],
  ])('is deleted by %s, before its function is', async (_, properties, id) => {
    const { rolledBack } = await failure(rig.deploy({ One: custom({ Name: 'one', ...properties }) }));
    const [create, remove] = rig.takeJournal();
    expect([create?.RequestType, remove]).toMatchObject(['Create', { RequestType: 'Delete', ResourceProperties: { Name: 'one' } }]);
    expect(remove?.PhysicalResourceId).toMatch(id);
    expect(rig.happened.map(({ logicalId, status, physicalId }) => [logicalId, status, physicalId])).toEqual(
      expect.arrayContaining([
        ['One', 'CREATE_FAILED', remove?.PhysicalResourceId],
        ['One', 'DELETE_COMPLETE', remove?.PhysicalResourceId],
      ]),
    );
    expect(rig.story.slice(-2)).toEqual(['Journal DELETE_IN_PROGRESS', 'Journal DELETE_COMPLETE']);
    expect([rolledBack?.left, rig.stacks.resources.size]).toEqual([[], 0]);
  });

  test('is deleted before what it needs, and what came to be beside it too', async () => {
    await failure(
      rig.deploy({
        One: custom({ Name: 'one' }),
        Two: custom({ Name: 'two', Says: { 'Fn::GetAtt': ['One', 'Says'] }, Fail: 'Create', FailedId: 'half' }),
      }),
    );
    expect(asked()).toEqual(['Create One', 'Create Two', 'Delete Two half', 'Delete One first']);
  });

  test('is left, with its function, where its Delete fails, too', async () => {
    const { rolledBack } = await failure(rig.deploy({ One: custom({ Name: 'one', Fail: 'Create,Delete', FailedId: 'half' }) }));
    expect(asked()).toEqual(['Create One', 'Delete One half']);
    expect(rolledBack?.failed).toMatchObject([
      { resource: { created: { ref: 'half' } }, reason: expect.stringContaining('was told to fail') },
    ]);
    expect(rolledBack?.left.map(({ address }) => address.logicalId).sort()).toEqual(['Journal', 'One']);
  });

  test('that nobody rolls back is deleted when the next deployment has made it', async () => {
    const failing = custom({ Name: 'one', Fail: 'Create', FailedId: 'half' });
    expect((await failure(rig.deploy({ One: failing }, { disableRollback: true }))).rolledBack).toBeUndefined();
    await rig.deploy({ One: custom({ Name: 'one' }) });
    expect(asked()).toEqual(['Create One', 'Create One', 'Delete One half']);
    expect(rig.ref('One')).toBe('first');
    await rig.deploy({});
    expect(asked()).toEqual(['Delete One first']);
  });

  test('is deleted by a later rollback, or with what its template has no more', async () => {
    const failing = custom({ Name: 'one', Fail: 'Create', FailedId: 'half' });
    const tell = () => {};
    await failure(rig.deploy({ One: failing }, { disableRollback: true }));
    await rig.stacks.rollBack('Shop', { tell, skip: new Set() });
    expect(asked()).toEqual(['Create One', 'Delete One half']);
    await failure(rig.deploy({ One: failing }, { disableRollback: true }));
    await rig.deploy({});
    expect(asked()).toEqual(['Create One', 'Delete One half']);
  });
});

describe('a custom resource whose Update failed', () => {
  test('is asked to be again what it was', async () => {
    await rig.deploy({ One: custom({ Name: 'one', Says: 'a' }) });
    rig.takeJournal();
    await failure(rig.deploy({ One: custom({ Name: 'one', Says: 'b', Fail: 'Update', FailedId: 'half' }) }));
    expect(rig.takeJournal()).toMatchObject([
      { RequestType: 'Update', PhysicalResourceId: 'first', ResourceProperties: { Says: 'b' }, OldResourceProperties: { Says: 'a' } },
      { RequestType: 'Update', PhysicalResourceId: 'first', ResourceProperties: { Says: 'a' }, OldResourceProperties: { Says: 'b' } },
    ]);
    await rig.deploy({ One: custom({ Name: 'one', Says: 'a' }) });
    expect(asked()).toEqual([]);
    await rig.deploy({});
  });

  test('is told of where that fails, too', async () => {
    await rig.deploy({ One: custom({ Name: 'one', Says: 'a', Fail: 'Update' }) });
    const { rolledBack } = await failure(rig.deploy({ One: custom({ Name: 'one', Says: 'b', Fail: 'Update' }) }));
    expect(rolledBack?.notRestored).toMatchObject([{ resource: { address: { logicalId: 'One' } } }]);
    await rig.deploy({});
  });
});
