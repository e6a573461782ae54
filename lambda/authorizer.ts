import middy from '@middy/core';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent, Context } from 'aws-lambda';
import { type Agent, agentId } from '../core/agent';
import { FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import { FleetError } from '../core/errors';
import { type IdentityConfig, SERVER_NAME } from '../core/fleet-config';
import { type Decision, decide } from '../core/policy';
import type { Sightings } from '../core/sightings';
import { readEntry } from './allowlist-entry';
import { AllowlistTable } from './allowlist-table';
import { type AuthorizerEvent, type GatewayRequest, validateAuthorizerEvent } from './authorizer-event';
import { TableReader } from './dynamodb/table-reader';
import { requireVariable } from './environment';
import { iamPolicy } from './iam-policy';
import { invocationLog, note } from './invocation-log';
import { readSightings } from './sightings';
import { type TokenVerifier, tokenVerifier } from './verify-token';

const tables = new TableReader(FUNCTION_TABLE_LIMITS);
const allowlist = new AllowlistTable(tables);
let verify: TokenVerifier | undefined;

/** Decides for the gateway (direct invoke) and for API Gateway (`REQUEST` event) with the same policy over the same rows. */
export const handler = middy<AuthorizerEvent, Decision | Sightings | APIGatewayAuthorizerResult>()
  .use(invocationLog('authorize'))
  .use(validateAuthorizerEvent())
  .handler((event: AuthorizerEvent, context: Context) =>
    'kind' in event ? answerGateway(event, context) : answerApiGateway(event, context),
  );

async function answerGateway(request: GatewayRequest, context: Context): Promise<Decision | Sightings> {
  return request.kind === 'mcp-fleet.sightings' ? readSightings(tables) : authorize(request.agent, request.server, context);
}

async function answerApiGateway(event: APIGatewayRequestAuthorizerEvent, context: Context): Promise<APIGatewayAuthorizerResult> {
  const server = event.path.split('/')[1] ?? '';
  const agent = await identify(event, server, context);
  // A name that no server can have is not looked up, and never becomes part of a policy's resource.
  if (!SERVER_NAME.test(server)) throw unauthorized(context, 'the path names no server');
  return iamPolicy(agent, server, await authorize(agent, server, context), event.methodArn);
}

async function authorize(agent: Agent, server: string, context: Context): Promise<Decision> {
  const id = agentId(agent);
  const decision = decide((await allowlist.entriesOf(id)).map(readEntry), server, Date.now() / 1000);
  note(context, { agent: id, server, effect: decision.effect });
  return decision;
}

async function identify(event: APIGatewayRequestAuthorizerEvent, server: string, context: Context): Promise<Agent> {
  const token = bearerToken(event.headers);
  if (token === undefined) throw unauthorized(context, 'no bearer token');
  verify ??= tokenVerifier(JSON.parse(requireVariable('MCP_FLEET_IDENTITY')) as IdentityConfig);
  try {
    return await verify(token, server);
  } catch (error) {
    if (FleetError.is(error) && error.kind === 'AUTHORIZER_UNAVAILABLE') throw error;
    throw unauthorized(context, error instanceof Error ? error.name : 'invalid token');
  }
}

/** RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1), nor does the header's. */
function bearerToken(headers: APIGatewayRequestAuthorizerEvent['headers']): string | undefined {
  const name = Object.keys(headers ?? {}).find((key) => key.toLowerCase() === 'authorization');
  return /^bearer +(\S+)$/i.exec((name && headers?.[name]) || '')?.[1];
}

/** API Gateway turns exactly this message into a 401 and any other error into a 500. */
function unauthorized(context: Context, why: string): Error {
  note(context, { effect: 'unauthenticated', why });
  return new Error('Unauthorized');
}
