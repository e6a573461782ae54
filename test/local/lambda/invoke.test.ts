import { readFileSync } from 'node:fs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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

async function invoke(FunctionName: string, payload: unknown = {}) {
  const { FunctionError, Payload, StatusCode } = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }));
  return { status: StatusCode, error: FunctionError, result: JSON.parse(Payload?.transformToString() ?? 'null') as unknown };
}

describe('Invoke', () => {
  test('runs the handler with event, context and environment', async () => {
    aws.addFunction(
      'echo',
      'exports.handler = async (event, context) => ({ event, name: context.functionName, left: context.getRemainingTimeInMillis() > 4000, color: process.env.COLOR });',
      { environment: { COLOR: 'blue' } },
    );
    const result = { event: { a: 1 }, name: 'echo', left: true, color: 'blue' };
    expect(await invoke('echo', { a: 1 })).toEqual({ status: 200, error: undefined, result });
  });

  test('is found by ARN, with or without a qualifier', async () => {
    aws.addFunction('named', 'exports.handler = async () => "yes";');
    expect((await invoke('arn:aws:lambda:us-east-1:000000000000:function:named')).result).toBe('yes');
    expect((await invoke('arn:aws:lambda:us-east-1:000000000000:function:named:$LATEST')).result).toBe('yes');
  });

  test('takes a callback handler, and undefined as null', async () => {
    aws.addFunction('callback', 'exports.handler = (event, context, done) => { setImmediate(done, null, event.x); };');
    expect((await invoke('callback', { x: 7 })).result).toBe(7);
    expect((await invoke('callback')).result).toBeNull();
  });

  test('an error of the handler is its result, and the worker goes on', async () => {
    const fn = aws.addFunction(
      'fails',
      'exports.handler = async ({ fail }) => { if (fail) throw new TypeError("no " + fail); return process.pid; };',
    );
    const before = await invoke('fails');
    expect(await invoke('fails', { fail: 'luck' })).toMatchObject({
      error: 'Unhandled',
      result: { errorType: 'TypeError', errorMessage: 'no luck' },
    });
    expect((await invoke('fails')).result).toBe(before.result);
    expect(fn.pids()).toEqual([before.result]);
  });

  test('a timeout kills the worker, and the next invocation has a new one', async () => {
    const fn = aws.addFunction('slow', 'exports.handler = ({ hang }) => hang ? new Promise(() => {}) : process.pid;', {
      timeoutSeconds: 1,
    });
    const first = (await invoke('slow')).result as number;
    const { error, result } = await invoke('slow', { hang: true });
    expect([error, (result as { errorMessage: string }).errorMessage]).toEqual([
      'Unhandled',
      expect.stringMatching(/Task timed out after 1\.00 seconds$/),
    ]);
    expect(() => process.kill(first, 0)).toThrow('ESRCH');
    expect((await invoke('slow')).result).not.toBe(first);
    expect(fn.pids()).toHaveLength(1);
  });

  test.each([
    ['a syntax error', 'exports.handler = (', 'SyntaxError'],
    ['an error at load', 'throw new RangeError("at load")', 'RangeError'],
    ['no handler', 'exports.other = 1;', 'Runtime.HandlerNotFound'],
  ])('says what %s is', async (kind, source, errorType) => {
    const name = kind.replaceAll(' ', '-');
    aws.addFunction(name, source);
    expect(await invoke(name)).toMatchObject({ error: 'Unhandled', result: { errorType } });
  });

  test('a process that dies fails its invocation', async () => {
    aws.addFunction('dies', 'exports.handler = async () => process.exit(3);');
    expect(await invoke('dies')).toMatchObject({
      error: 'Unhandled',
      result: { errorType: 'Runtime.ExitError', errorMessage: 'Error: Runtime exited with code 3' },
    });
  });

  test('concurrent invocations have a worker each, up to four; the rest wait', async () => {
    const fn = aws.addFunction(
      'busy',
      'exports.handler = async () => { await new Promise((r) => setTimeout(r, 200)); return process.pid; };',
    );
    const results = await Promise.all(Array.from({ length: 10 }, () => invoke('busy')));
    expect(new Set(results.map(({ result }) => result)).size).toBe(4);
    expect(fn.pids()).toHaveLength(4);
  });

  test('Event returns at once, and the function runs', async () => {
    let told: (text: string) => void = () => {};
    const ran = new Promise<string>((done) => {
      told = done;
    });
    const { url, response } = aws.endpoint.expectResponse();
    void response.then(({ Reason }) => told(Reason ?? ''));
    aws.addFunction(
      'later',
      'exports.handler = async ({ url }) => { await fetch(url, { method: "PUT", body: JSON.stringify({ Status: "SUCCESS", Reason: "ran" }) }); };',
    );
    const answer = await client.send(
      new InvokeCommand({ FunctionName: 'later', InvocationType: 'Event', Payload: JSON.stringify({ url }) }),
    );
    expect(answer.StatusCode).toBe(202);
    expect(await ran).toBe('ran');
  });

  test('an unknown function has the error of Lambda', async () => {
    await expect(invoke('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'Function not found: nobody' });
  });

  test('what a function writes is in its log', async () => {
    aws.addFunction('talks', 'exports.handler = async () => { console.log("hello from the log"); };');
    await invoke('talks');
    const file = aws.logs.files().find((path) => path.includes('talks')) as string;
    while (!readFileSync(file, 'utf8').includes('hello from the log')) await new Promise((next) => setTimeout(next, 10));
  });
});
