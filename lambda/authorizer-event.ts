import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { SERVER_NAME } from '../core/fleet-config';
import type { AuthorizeRequest } from '../core/policy';
import type { SightingsRequest } from '../core/sightings';

/** What the gateway asks by direct invoke. */
export type GatewayRequest = AuthorizeRequest | SightingsRequest;
export type AuthorizerEvent = GatewayRequest | APIGatewayRequestAuthorizerEvent;

/** Refuses what is none of the events, before anything is looked up. */
export function validateAuthorizerEvent(): MiddlewareObj<AuthorizerEvent> {
  return {
    before: ({ event }) => {
      const problem = 'kind' in event ? problemOfRequest(event) : problemOfApiGatewayEvent(event);
      if (problem) throw new TypeError(`The authorizer cannot answer this event: ${problem}`);
    },
  };
}

function problemOfRequest(event: GatewayRequest): string | undefined {
  if (event.kind === 'mcp-fleet.sightings') return undefined;
  const { kind, agent, server }: Partial<AuthorizeRequest> = event;
  if (kind !== 'mcp-fleet.authorize') return `kind must be "mcp-fleet.authorize"; got ${JSON.stringify(kind)}`;
  if (!isText(agent?.issuer)) return 'agent.issuer must be a non-empty string';
  if (!isText(agent?.subject)) return 'agent.subject must be a non-empty string';
  if (!isText(server) || !SERVER_NAME.test(server)) return `server must match ${SERVER_NAME}; got ${JSON.stringify(server)}`;
  return undefined;
}

function problemOfApiGatewayEvent({ type, methodArn, path }: Partial<APIGatewayRequestAuthorizerEvent>): string | undefined {
  if (type !== 'REQUEST')
    return `it must be an AuthorizeRequest or an API Gateway event of type "REQUEST"; got type ${JSON.stringify(type)}`;
  if (!isText(methodArn) || !isText(path)) return 'methodArn and path must be non-empty strings';
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
