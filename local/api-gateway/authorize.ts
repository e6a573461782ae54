import type { IncomingMessage } from 'node:http';
import type { InvokingService } from '../lambda/lambda-api';
import type { LocalFunction } from '../lambda/local-function';
import type { AnswerType } from './answers';
import type { ApiAuthorizer } from './rest-api';

/** What an authorizer is told of a request beside its headers. */
export interface AuthorizedRequest {
  readonly apiId: string;
  readonly account: string;
  readonly region: string;
  readonly stage: string;
  readonly resource: string;
  /** Without the stage. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly requestId: string;
}

interface Policy {
  readonly policyDocument?: { readonly Statement?: readonly Statement[] };
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
}

/** Asks authorizers, and keeps their policies as API Gateway does: by the values of the identity sources. */
export class Authorizers {
  private readonly kept = new Map<string, { readonly policy: Policy; readonly until: number }>();

  /** @param functionFor undefined where there is none that API Gateway may invoke */
  constructor(
    private readonly functionFor: (service: InvokingService, arn: string) => LocalFunction | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  /** @returns what is answered in its place; undefined where the request may go on */
  async judge(id: string, authorizer: ApiAuthorizer, request: IncomingMessage, about: AuthorizedRequest): Promise<AnswerType | undefined> {
    const sources = authorizer.identitySources.map((source) => sourceValue(source, request, about));
    if (sources.some((value) => value === undefined || value === '')) return 'UNAUTHORIZED';
    const key = JSON.stringify([id, ...sources]);
    const arn = methodArn(request, about);
    const kept = this.kept.get(key);
    if (kept !== undefined && kept.until > this.now()) return allows(kept.policy, arn) ? undefined : 'ACCESS_DENIED';
    const fn = this.functionFor(invokingService(id, authorizer, about), authorizer.functionArn);
    if (fn === undefined) return 'AUTHORIZER_CONFIGURATION_ERROR';
    const { error, payload } = await fn.invoke(JSON.stringify(eventOf(request, about, arn)));
    const answer = JSON.parse(payload) as Policy & { readonly errorMessage?: string };
    if (error !== undefined) return answer.errorMessage === 'Unauthorized' ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE';
    if (answer.policyDocument === undefined) return 'AUTHORIZER_CONFIGURATION_ERROR';
    if (authorizer.keepSeconds > 0) this.kept.set(key, { policy: answer, until: this.now() + authorizer.keepSeconds * 1_000 });
    return allows(answer, arn) ? undefined : 'ACCESS_DENIED';
  }
}

/** In whose name, and for what, a function is invoked ("Configure an API Gateway Lambda authorizer using the AWS CLI": source ARN, credentials). */
function invokingService(id: string, { role }: ApiAuthorizer, { region, account, apiId }: AuthorizedRequest): InvokingService {
  const sourceArn = `arn:aws:execute-api:${region}:${account}:${apiId}/authorizers/${id}`;
  return { service: 'apigateway.amazonaws.com', sourceArn, ...(role !== undefined && { role }) };
}

function sourceValue(source: string, { headers }: IncomingMessage, { path, stage }: AuthorizedRequest): string | undefined {
  const [, header] = /^method\.request\.header\.(.+)$/.exec(source) ?? [];
  if (header !== undefined) return String(headers[header.toLowerCase()] ?? '');
  return source === 'context.path' ? path : source === 'context.stage' ? stage : undefined;
}

function methodArn({ method }: IncomingMessage, { apiId, account, region, stage, path }: AuthorizedRequest): string {
  return `arn:aws:execute-api:${region}:${account}:${apiId}/${stage}/${method}${path}`;
}

/** Input of a REQUEST authorizer ("Input to an API Gateway Lambda authorizer"). */
function eventOf(request: IncomingMessage, about: AuthorizedRequest, arn: string): object {
  const { method, rawHeaders, socket } = request;
  const multi: Record<string, string[]> = {};
  for (let i = 0; i < rawHeaders.length; i += 2)
    multi[rawHeaders[i] as string] = [...(multi[rawHeaders[i] as string] ?? []), rawHeaders[i + 1] as string];
  const { path, resource, parameters, requestId, stage, apiId, account } = about;
  return {
    type: 'REQUEST',
    methodArn: arn,
    resource,
    path,
    httpMethod: method,
    headers: Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: multi,
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    pathParameters: parameters,
    stageVariables: {},
    requestContext: {
      requestId,
      accountId: account,
      apiId,
      stage,
      path,
      resourcePath: resource,
      httpMethod: method,
      protocol: 'HTTP/1.1',
      identity: { sourceIp: socket.remoteAddress },
    },
  };
}

/** A deny wins; nothing is allowed that no statement allows. */
function allows({ policyDocument }: Policy, arn: string): boolean {
  const about = (policyDocument?.Statement ?? []).filter(
    ({ Action, Resource }) => covers(Action, 'execute-api:Invoke') && covers(Resource, arn),
  );
  return about.some(({ Effect }) => Effect === 'Allow') && about.every(({ Effect }) => Effect !== 'Deny');
}

function covers(patterns: string | readonly string[] | undefined, text: string): boolean {
  return [patterns ?? []].flat().some((pattern) => {
    const source = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, 's').test(text);
  });
}
