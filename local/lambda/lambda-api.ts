import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws/aws-error';
import { boundedBody } from '../aws/bounded-body';
import type { Iam } from '../iam/iam';
import { QUOTAS } from '../quotas';
import type { LocalFunction } from './local-function';

/** `POST /2015-03-31/functions/{name or ARN}/invocations` (Lambda API, Invoke). */
const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations(?:\?.*)?$/;

/** A service of AWS that invokes functions. */
export interface InvokingService {
  /** Such as `events.amazonaws.com`. */
  readonly service: string;
  /** ARN of what it acts for. */
  readonly sourceArn: string;
  /** ARN of the role that it is given for it; absent where it acts in its own name. */
  readonly role?: string;
}

/** The functions of the account. */
export class Functions {
  private readonly byName = new Map<string, LocalFunction>();

  /** @param iam says which services may invoke which function; without one, each may */
  constructor(private readonly iam?: Iam) {}

  /**
   * Why a service of AWS may not invoke a function, as AWS says it: by the function's own policy, or, where the service is given a role, by
   * that one, which it has to be trusted with.
   */
  refusalOf({ service, sourceArn, role }: InvokingService, { settings }: LocalFunction): string | undefined {
    const call = { action: 'lambda:InvokeFunction', resource: settings.arn };
    const itself = { kind: 'service', service, sourceArn } as const;
    if (role === undefined) return this.iam?.authorize(itself, [call]);
    const untrusted = this.iam?.authorize(itself, [{ action: 'sts:AssumeRole', resource: role }]);
    return untrusted ?? this.iam?.authorize({ kind: 'role', role, session: service.replace(/\..*/, '') }, [call]);
  }

  /** The function, where there is one that a service of AWS may invoke. @param id as for {@link find} */
  invocableBy(service: InvokingService, id: string): LocalFunction | undefined {
    const fn = this.find(id);
    return fn && this.refusalOf(service, fn) === undefined ? fn : undefined;
  }

  /** Invocations from now on go to this one; those that another one of its name has begun end there. */
  put(fn: LocalFunction): void {
    const old = this.byName.get(fn.settings.name);
    this.byName.set(fn.settings.name, fn);
    void old?.retire();
  }

  async remove(name: string): Promise<void> {
    const fn = this.byName.get(name);
    this.byName.delete(name);
    await fn?.retire();
  }

  /** By name, by ARN, or by ARN with a qualifier. */
  find(id: string): LocalFunction | undefined {
    const [, name] = /(?:^|:function:)([\w-]+)(?::[\w$-]+)?$/.exec(id) ?? [];
    return name === undefined ? undefined : this.byName.get(name);
  }

  all(): readonly LocalFunction[] {
    return [...this.byName.values()];
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map((fn) => fn.stop()));
  }
}

export function isLambdaRequest(url: string): boolean {
  return url.startsWith('/2015-03-31/');
}

export function isInvocation({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && INVOKE.test(url ?? '');
}

/** Answers the Invoke API: RequestResponse waits for the result, Event does not. */
export async function answerLambda(request: IncomingMessage, response: ServerResponse, functions: Functions): Promise<void> {
  const [, id] = (isInvocation(request) && INVOKE.exec(request.url ?? '')) || [];
  // Whoever runs the account may do more; a program that could would give itself another's code.
  if (id === undefined) return refuse(response, 403, 'AccessDeniedException', 'A program of the local account may only invoke functions.');
  const name = decodeURIComponent(id);
  const isEvent = request.headers['x-amz-invocation-type'] === 'Event';
  const payload = await payloadOf(request, isEvent ? QUOTAS.event.most : QUOTAS.invocation.most);
  const fn = functions.find(name);
  if (!fn) return refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${name}`);
  if (isEvent) {
    void fn.invoke(payload);
    response.writeHead(202).end();
    return;
  }
  if (fn.isFull) return throttle(response);
  const result = await fn.invoke(payload);
  response
    .writeHead(200, {
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      ...(result.error && { 'x-amz-function-error': result.error }),
    })
    .end(result.payload);
}

/** Lambda API Reference, Invoke. @throws AwsError RequestTooLargeException */
async function payloadOf(request: IncomingMessage, most: number): Promise<string> {
  const body = await boundedBody(request, most).catch((error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
    request.resume(); // who still sends hears the answer
    throw new AwsError('RequestTooLargeException', `Request must be smaller than ${most} bytes for the InvokeFunction operation`, 413);
  });
  return body.toString() || '{}';
}

/** The function runs as often as it may. */
function throttle(response: ServerResponse): void {
  const body = { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User', message: 'Rate Exceeded.' };
  response.writeHead(429, { 'content-type': 'application/json', 'x-amzn-errortype': 'TooManyRequestsException' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  const body = JSON.stringify({ Type: 'User', Message: message, message });
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type }).end(body);
}
