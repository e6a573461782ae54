import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { type Agent, agentId } from '../core/agent';
import type { Decision } from '../core/policy';

/**
 * What an API Gateway REST `REQUEST` authorizer answers.
 * The resource covers every method of the one server, because API Gateway may reuse the policy for the next request of the same token.
 * @param methodArn `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}`
 */
export function iamPolicy(agent: Agent, server: string, decision: Decision, methodArn: string): APIGatewayAuthorizerResult {
  const [api, stage] = methodArn.split('/');
  const id = agentId(agent);
  return {
    principalId: id,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: decision.effect === 'allow' ? 'Allow' : 'Deny',
          Resource: `${api}/${stage}/*/${server}/*`,
        },
      ],
    },
    context: { agentId: id, issuer: agent.issuer, subject: agent.subject },
  };
}
