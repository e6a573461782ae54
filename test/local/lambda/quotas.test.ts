import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { QUOTAS } from '../../../local/quotas';
import { Aws } from '../fixtures/aws';

let aws: Aws;
let client: LambdaClient;

beforeAll(async () => {
  aws = await Aws.start();
  client = new LambdaClient(aws.client);
});

afterAll(async () => {
  client.destroy();
  await aws.stop();
});

/** JSON text of so many bytes. */
const payloadOf = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
const invoke = (FunctionName: string, bytes: number, InvocationType: 'RequestResponse' | 'Event' = 'RequestResponse') =>
  client.send(new InvokeCommand({ FunctionName, InvocationType, Payload: payloadOf(bytes) }));

describe('Lambda takes', () => {
  test.each([
    ['RequestResponse', QUOTAS.invocation.most, 200],
    ['Event', QUOTAS.event.most, 202],
  ] as const)('a payload of %s up to %i bytes', async (type, most, status) => {
    aws.addFunction('takes', 'exports.handler = async () => "taken";');
    expect((await invoke('takes', most, type)).StatusCode).toBe(status);
    await expect(invoke('takes', most + 1, type)).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      message: `Request must be smaller than ${most} bytes for the InvokeFunction operation`,
      $metadata: { httpStatusCode: 413 },
    });
  });

  test('an answer of 6 MB and 100 bytes; one more is an error of the function, and its worker goes on', async () => {
    const { most } = QUOTAS.functionAnswer;
    aws.addFunction('says', `exports.handler = async (more) => 'x'.repeat(${most - 2} + (more.length === 3 ? 1 : 0));`);
    const whole = await invoke('says', 4);
    expect([whole.FunctionError, whole.Payload?.length]).toEqual([undefined, most]);
    const over = await invoke('says', 5);
    expect([over.FunctionError, JSON.parse(over.Payload?.transformToString() ?? '')]).toEqual([
      'Unhandled',
      {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: `Response payload size exceeded maximum allowed payload size (${most} bytes).`,
      },
    ]);
    expect((await invoke('says', 4)).FunctionError).toBeUndefined();
  });

  test('as many invocations at once as are reserved', async () => {
    aws.addFunction('slow', "exports.handler = () => new Promise((done) => setTimeout(done, 300, 'done'));", { reservedConcurrency: 2 });
    const [first, second, third] = await Promise.allSettled([invoke('slow', 4), invoke('slow', 4), invoke('slow', 4)]);
    const refused = [first, second, third].filter((each) => each?.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      reason: {
        name: 'TooManyRequestsException',
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        $metadata: { httpStatusCode: 429 },
      },
    });
    expect((await invoke('slow', 4)).StatusCode).toBe(200);
  });

  test('none where none are reserved', async () => {
    aws.addFunction('shut', 'exports.handler = async () => "ran";', { reservedConcurrency: 0 });
    await expect(invoke('shut', 4)).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  });
});
