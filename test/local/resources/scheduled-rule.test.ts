import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Schedules } from '../../../local/lambda/schedules';
import type { Machinery } from '../../../local/machinery';
import type { ResourceRequest } from '../../../local/resources/provisioner';
import { scheduledRule } from '../../../local/resources/scheduled-rule';
import { Aws } from '../fixtures/aws';

let aws: Aws;
let schedules: Schedules;
const invoked: string[] = [];

beforeAll(async () => {
  aws = await Aws.start();
  const fn = aws.addFunction('tick', 'exports.handler = async () => {};');
  fn.invoke = async (payload) => {
    invoked.push(payload);
    return { payload: 'null' };
  };
});
afterAll(() => aws.stop());
beforeEach(() => {
  schedules = new Schedules(5);
  invoked.length = 0;
});
afterEach(() => schedules.stop());

const TICK = 'arn:aws:lambda:us-east-1:000000000000:function:tick';

function create(properties: Record<string, unknown>) {
  const request = {
    properties: { ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'T', Arn: TICK }], ...properties },
    stack: { name: 'Shop', region: 'us-east-1', account: '000000000000' },
    generatedName: 'Shop-Rule',
    path: 'Shop/Rule',
  } as unknown as ResourceRequest<object>;
  return scheduledRule.create(request, { functions: aws.functions, schedules } as unknown as Machinery);
}

const passing = () => new Promise((next) => setTimeout(next, 60));

describe('AWS::Events::Rule', () => {
  test('invokes its target at its rate until it is stopped', async () => {
    const { ref, attribute } = await create({});
    expect([ref, attribute('Arn')]).toEqual(['Shop-Rule', 'arn:aws:events:us-east-1:000000000000:rule/Shop-Rule']);
    await passing();
    expect(invoked.length).toBeGreaterThan(1);
    expect(JSON.parse(invoked[0] as string)).toMatchObject({ 'detail-type': 'Scheduled Event', time: expect.stringMatching(/^20.*Z$/) });
    schedules.stop();
    const before = invoked.length;
    await passing();
    expect(invoked).toHaveLength(before);
  });

  test('gives its target the input that it declares', async () => {
    await create({ Targets: [{ Id: 'T', Arn: TICK, Input: '{"deep":true}' }] });
    await passing();
    expect(invoked[0]).toBe('{"deep":true}');
  });

  test('does nothing while it is disabled', async () => {
    await create({ State: 'DISABLED' });
    await passing();
    expect(invoked).toEqual([]);
  });

  test.each([
    ['1 minute', 60_000],
    ['5 minutes', 300_000],
    ['1 hour', 3_600_000],
    ['2 days', 172_800_000],
  ])('takes rate(%s) for %d ms', async (rate, expected) => {
    const seen: number[] = [];
    schedules.set = (_, set) => void seen.push(...set.map(({ everyMs }) => everyMs));
    await create({ ScheduleExpression: `rate(${rate})` });
    expect(seen).toEqual([expected]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a cron expression', { ScheduleExpression: 'cron(0 12 * * ? *)' }, 'the schedule cron(0 12 * * ? *) of Shop/Rule; it has rate(…)'],
    ['a rate of nothing', { ScheduleExpression: 'rate(0 minutes)' }, 'the schedule rate(0 minutes) of Shop/Rule'],
    ['no schedule', { ScheduleExpression: undefined }, 'the schedule (none) of Shop/Rule'],
    [
      'a target that is no function',
      { Targets: [{ Id: 'T', Arn: 'arn:aws:sqs:us-east-1:000000000000:queue' }] },
      'the target arn:aws:sqs:us-east-1:000000000000:queue of Shop/Rule; it has Lambda functions',
    ],
    [
      'an input that is made of the event',
      { Targets: [{ Id: 'T', Arn: TICK, InputTransformer: {} }] },
      'the property InputTransformer of the target T of Shop/Rule',
    ],
  ])('refuses %s by name', async (_, properties, message) => {
    await expect(create(properties)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(message) });
  });
});
