import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LocalAccountError } from './account-error';
import { admit } from './aws/admission';
import { AwsError } from './aws/aws-error';
import { type AwsApi, type AwsCall, signedService } from './aws/aws-service';
import { refuseAs } from './aws/refusal';
import { accountOf } from './aws/sts-api';
import type { EndpointFaults } from './faults/endpoint-faults';
import type { Iam } from './iam/iam';
import { answerLambda, type Functions, isLambdaRequest } from './lambda/lambda-api';
import { readBody } from './processes/body';
import { signerOf } from './processes/credentials';
import { closeServer, forThisHost, listenOnLoopback, portOf } from './processes/http-server';
import { QUOTAS } from './quotas';
import { rotateSecret } from './secrets/rotation';
import type { SecretStore } from './secrets/secret-store';
import { answerSecretsManager, type JsonAnswer } from './secrets/secrets-manager';

const SECRETS_MANAGER = 'secretsmanager.';
/** What a program whose role no template makes may ask of services beside these: a sidecar whether its instance is outdated. */
const ASKED_BY_PROGRAMS = ['AmazonEC2ContainerServiceV20141113.DescribeServices', 'AmazonEC2ContainerServiceV20141113.DescribeTasks'];
const RESPONSES = '/custom-resource/';
/** A custom resource may answer later than the function returns; both ends wait at most this long, in milliseconds. */
const CUSTOM_RESOURCE_TIMEOUT = 60_000;

/** In the words of CloudFormation. */
const TOO_LONG: CustomResourceResponse = { Status: 'FAILED', Reason: 'Response object is too long.' };

/** What a custom resource's function PUTs to the ResponseURL (CloudFormation, custom resource response objects). */
export interface CustomResourceResponse {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
}

/**
 * The account's AWS API on loopback: Secrets Manager, Lambda, the place where custom resources answer, and what is given to it
 * beside these. Which service is meant, the credential scope of a signature tells.
 */
export class AwsEndpoint {
  private more: AwsApi | undefined;
  private readonly expected = new Map<string, (response: CustomResourceResponse) => void>();

  private constructor(
    private readonly server: Server,
    readonly secrets: SecretStore,
    readonly functions: Functions,
    private readonly faults: EndpointFaults,
    private readonly iam: Iam | undefined,
  ) {}

  /** @param iam judges what comes with the credentials of a role; without one, nobody has such */
  static async start(secrets: SecretStore, functions: Functions, faults: EndpointFaults, iam?: Iam): Promise<AwsEndpoint> {
    const server = await listenOnLoopback(forThisHost((request, response) => void endpoint.answer(request, response)));
    const endpoint = new AwsEndpoint(server, secrets, functions, faults, iam);
    return endpoint;
  }

  /** From now on, more services: stacks are deployed into what programs reach by this endpoint, so they come after it. */
  serve(api: AwsApi): void {
    this.more = api;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.server)}`;
  }

  /** A URL to which one custom resource answers, and the answer. Rejects after {@link CUSTOM_RESOURCE_TIMEOUT}. */
  expectResponse(): { url: string; response: Promise<CustomResourceResponse> } {
    const id = randomUUID();
    const response = new Promise<CustomResourceResponse>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no answer within ${CUSTOM_RESOURCE_TIMEOUT / 1000} s`)), CUSTOM_RESOURCE_TIMEOUT);
      timer.unref();
      this.expected.set(id, (answer) => {
        clearTimeout(timer);
        done(answer);
      });
    });
    return { url: `${this.url}${RESPONSES}${id}`, response };
  }

  stop(): Promise<void> {
    return closeServer(this.server);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    try {
      if (url.startsWith(RESPONSES)) return await this.takeResponse(request, response);
      const { authorization } = request.headers;
      const session = this.iam?.sessions.signedBy(authorization);
      const isProgram = session !== undefined || signerOf(authorization) === 'program';
      if (isProgram && this.faults.meets(request, response)) return;
      if (!this.iam || !session) return await this.serveSigned(request, response, signerOf(authorization));
      const admitted = await admit(request, this.serviceOf(request), session, this.iam, this);
      await this.serveSigned(admitted.request, response, admitted.signer, admitted.refusalOf);
    } catch (error) {
      // A client that left needs no answer; anything else is one.
      if (response.headersSent) response.destroy();
      else refuseAs(request, response, answerTo(error));
    }
  }

  /** Which service answers, by the same rules as below. */
  private serviceOf({ headers, url = '/' }: IncomingMessage): string {
    const name = signedService(headers.authorization) ?? '';
    if (this.more?.services.has(name)) return name;
    if (isLambdaRequest(url)) return 'lambda';
    return String(headers['x-amz-target'] ?? '').startsWith(SECRETS_MANAGER) ? 'secretsmanager' : name;
  }

  /** @param signer what may be asked: all by an operator, and by a role that was judged */
  private async serveSigned(
    request: IncomingMessage,
    response: ServerResponse,
    signer: AwsCall['signer'] | undefined,
    refusalOf?: AwsCall['refusalOf'],
  ): Promise<void> {
    const url = request.url ?? '/';
    const target = String(request.headers['x-amz-target'] ?? '');
    if (signer === undefined) return refuseStranger(request, response);
    const name = signedService(request.headers.authorization) ?? '';
    const service = this.more?.services.get(name);
    // Programs cannot deploy: a server would give itself whatever it likes.
    if (this.more && service && (signer === 'operator' || name === 's3' || ASKED_BY_PROGRAMS.includes(target))) {
      const account = accountOf(request.headers['x-amz-security-token'], this.more.account);
      return await service({ request, response, signer, account, ...(refusalOf && { refusalOf }) });
    }
    if (isLambdaRequest(url)) return await answerLambda(request, response, this.functions);
    if (!target.startsWith(SECRETS_MANAGER)) return refuse(request, response);
    const body = JSON.parse((await readBody(request)) || '{}') as Record<string, unknown>;
    const operation = target.slice(SECRETS_MANAGER.length);
    const answer =
      operation === 'RotateSecret' && signer === 'operator'
        ? await this.rotate(String(body.SecretId))
        : answerSecretsManager(operation, body, this.secrets);
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() });
    response.end(JSON.stringify(answer.body));
  }

  private async rotate(id: string): Promise<JsonAnswer> {
    const { arn, name, versionId } = await rotateSecret(id, this.secrets, this.functions);
    return { status: 200, body: { ARN: arn, Name: name, VersionId: versionId } };
  }

  private async takeResponse(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = (request.url ?? '').slice(RESPONSES.length);
    const take = this.expected.get(id);
    const body = await readBody(request);
    this.expected.delete(id);
    response.writeHead(take ? 200 : 404).end();
    take?.(Buffer.byteLength(body) > QUOTAS.customResource.most ? TOO_LONG : (JSON.parse(body) as CustomResourceResponse));
  }
}

/** A client asks again for what answers 5xx, some of them for minutes: what was refused is refused for ever. */
function answerTo(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (LocalAccountError.is(error)) return new AwsError('ValidationException', error.message);
  if (error instanceof SyntaxError || error instanceof URIError) return new AwsError('SerializationException', error.message);
  return new AwsError('InternalFailure', String(error), 500);
}

/** Whoever else is on this machine: said as AWS says it of an access key that it does not know. */
function refuseStranger(request: IncomingMessage, response: ServerResponse): void {
  const message = 'The request is not signed with credentials of this local account.';
  refuseAs(request, response, new AwsError('UnrecognizedClientException', message, 403));
}

/** A service that the account does not have: said by name, instead of a call that would leave this machine. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  const service = signedService(request.headers.authorization) ?? 'such service';
  const message = `The local account has no ${service}: ${request.method} ${request.headers['x-amz-target'] ?? request.url}`;
  refuseAs(request, response, new AwsError('NotImplemented', message, 501));
}
