import { Duration, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { API_ANSWERS, API_LIMITS, API_STAGE } from '../core/api-gateway';
import { type ErrorName, FleetError } from '../core/errors';
import { fleetAlarm } from './fleet-alarms';
import type { EdgeSpec } from './fleet-edge';
import { fleetLogGroup } from './fleet-logs';
import type { FleetParts } from './fleet-parts';
import { ALWAYS_KEPT } from './kept';
import type { LoadBalancers } from './load-balancers';
import { acknowledge } from './nag';
import { associateWebAcl } from './web-acl';

export interface EdgeApiProps {
  readonly parts: FleetParts;
  readonly edge: Required<Pick<EdgeSpec, 'api' | 'certificate' | 'domainName'>> & Pick<EdgeSpec, 'webAclArn'>;
  readonly balancers: LoadBalancers;
  readonly authorizer: lambda.IFunction;
  /** Pages that may call. */
  readonly allowedOrigins: readonly string[];
}

/** What agents may send, by path; the gateway judges the rest. */
const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  '{server}/mcp': ['ANY'],
  '{server}/calls/{key}': ['GET'],
};
/** Without a token: where clients learn from whom to get one. */
const METADATA = '.well-known/oauth-protected-resource/{server}/mcp';

/** The words of each answer that the API gives itself. */
const REASONS: Readonly<Record<keyof typeof API_ANSWERS, string>> = {
  UNAUTHORIZED: 'send "Authorization: Bearer <access token>"',
  ACCESS_DENIED: 'no grant of this agent names this server',
  AUTHORIZER_FAILURE: 'it failed',
  AUTHORIZER_CONFIGURATION_ERROR: 'it cannot be invoked',
  REQUEST_TOO_LARGE: `at most ${API_LIMITS.bodyBytes} bytes are allowed`,
};

/**
 * With these a page may read a refusal of the API (Fetch standard, CORS protocol). An answer of API Gateway can name one origin, or
 * that of whoever asks, allowed or not: `*` says the same, and lets no credentials of a browser's own pass. What can be read is the same for all.
 */
const READABLE = {
  'Access-Control-Allow-Origin': "'*'",
  'Access-Control-Expose-Headers': "'WWW-Authenticate, Retry-After'",
};

/** The API before the internal load balancer: it asks the authorizer, and streams what the gateway answers. */
export class EdgeApi extends Construct {
  readonly api: apigateway.RestApi;

  constructor(scope: Construct, id: string, props: EdgeApiProps) {
    super(scope, id);
    const { parts, edge, authorizer } = props;
    this.api = this.restApi(props);
    const asks = new apigateway.RequestAuthorizer(this, 'Authorizer', {
      handler: authorizer,
      // A kept decision is that of one server: another path asks again.
      identitySources: [apigateway.IdentitySource.header('Authorization'), apigateway.IdentitySource.context('path')],
      resultsCacheTtl: edge.api.decisionCache,
    });
    const link = this.link(props);
    for (const [path, methods] of Object.entries(ENDPOINTS)) {
      const resource = this.api.root.resourceForPath(path);
      for (const method of methods) this.addMethod(resource, method, link, props, asks);
      this.addMethod(resource, 'OPTIONS', link, props);
    }
    for (const method of ['GET', 'OPTIONS']) this.addMethod(this.api.root.resourceForPath(METADATA), method, link, props);
    const headers = props.allowedOrigins.length === 0 ? {} : READABLE;
    for (const [type, error] of Object.entries(API_ANSWERS)) this.answer(type as keyof typeof API_ANSWERS, error, headers);
    if (props.allowedOrigins.length > 0) {
      // Throttling, quotas, a web ACL, paths that there are not: in API Gateway's own words.
      for (const type of [apigateway.ResponseType.DEFAULT_4XX, apigateway.ResponseType.DEFAULT_5XX])
        this.api.addGatewayResponse(type.responseType, { type, responseHeaders: headers });
    }
    if (edge.webAclArn !== undefined) associateWebAcl(this, this.api.deploymentStage.stageArn, edge.webAclArn);
    fleetAlarm(this, 'FailuresAlarm', parts, {
      alarmDescription: `MCP fleet ${parts.name}: the API at the edge answers 5xx. Its authorizer or its way to the gateway fails.`,
      metric: this.api.metricServerError({ period: Duration.minutes(1), statistic: 'Sum' }),
      threshold: 10,
      evaluationPeriods: 2,
    });
  }

  private restApi({ parts, edge }: EdgeApiProps): apigateway.RestApi {
    const accessLogs = fleetLogGroup(this, 'AccessLogs', parts);
    const api = new apigateway.RestApi(this, 'Api', {
      restApiName: `mcp-fleet-${parts.name}`,
      description: `MCP fleet ${parts.name}`,
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      domainName: {
        domainName: edge.domainName,
        certificate: edge.certificate,
        endpointType: apigateway.EndpointType.REGIONAL,
        securityPolicy: apigateway.SecurityPolicy.TLS_1_2,
      },
      disableExecuteApiEndpoint: true,
      // As text, bytes that are no UTF-8 would become others, and the gateway would judge what was not sent.
      binaryMediaTypes: ['*/*'],
      cloudWatchRole: true,
      // It is the account's: other APIs of the region log by it.
      cloudWatchRoleRemovalPolicy: ALWAYS_KEPT,
      deployOptions: {
        stageName: API_STAGE,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        tracingEnabled: true,
      },
    });
    const role = api.node.tryFindChild('CloudWatchRole');
    if (role !== undefined) {
      acknowledge(
        role as Construct,
        'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
        "API Gateway's own role for its logs, one in an account and region, has the policy that AWS made for it.",
      );
    }
    acknowledge(api, 'APIG2', 'The gateway judges each request by the bytes that came; the API would read them otherwise.');
    if (edge.webAclArn === undefined) acknowledge(api.deploymentStage, 'APIG3', 'A web ACL is the company’s own: webAclArn names it.');
    return api;
  }

  /** Into the VPC, and there to the load balancer alone. */
  private link({ parts, balancers }: EdgeApiProps): apigateway.IVpcLink {
    const access = new ec2.SecurityGroup(this, 'LinkAccess', { vpc: parts.vpc, allowAllOutbound: false });
    const link = new apigatewayv2.VpcLink(this, 'Link', { vpc: parts.vpc, subnets: parts.subnets, securityGroups: [access] });
    balancers.edgeListener.connections.allowDefaultPortFrom(access, 'API Gateway');
    return apigateway.VpcLink.fromVpcLinkId(this, 'RestLink', link.vpcLinkId);
  }

  private addMethod(
    resource: apigateway.IResource,
    method: string,
    link: apigateway.IVpcLink,
    { edge, balancers }: EdgeApiProps,
    authorizer?: apigateway.IAuthorizer,
  ): void {
    const names = [...resource.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const integration = new apigateway.Integration({
      type: apigateway.IntegrationType.HTTP_PROXY,
      integrationHttpMethod: method,
      uri: `https://${edge.domainName}${resource.path}`,
      options: {
        connectionType: apigateway.ConnectionType.VPC_LINK,
        vpcLink: link,
        responseTransferMode: apigateway.ResponseTransferMode.STREAM,
        timeout: Duration.seconds(API_LIMITS.answerSeconds),
        requestParameters: Object.fromEntries(names.map((name) => [`integration.request.path.${name}`, `method.request.path.${name}`])),
      },
    });
    const made = resource.addMethod(method, integration, {
      requestParameters: Object.fromEntries(names.map((name) => [`method.request.path.${name}`, true])),
      ...(authorizer === undefined
        ? { authorizationType: apigateway.AuthorizationType.NONE }
        : { authorizationType: apigateway.AuthorizationType.CUSTOM, authorizer }),
    });
    // A link of the second version leads to load balancers of either kind, and is told which one.
    const target = balancers.servers.loadBalancerArn;
    (made.node.defaultChild as apigateway.CfnMethod).addPropertyOverride('Integration.IntegrationTarget', target);
    // The hash by which CDK makes a new deployment does not see overrides.
    this.api.latestDeployment?.addToLogicalId({ path: made.resource.path, target: Stack.of(this).resolve(target) });
    if (authorizer !== undefined) {
      acknowledge(
        made,
        'COG4',
        'The fleet’s own authorizer judges tokens, of Cognito or any other issuer, and looks the agent’s grants up.',
      );
      return;
    }
    const why = 'Preflights and the protected resource metadata are asked for before there is a token.';
    acknowledge(made, 'APIG4', why);
    acknowledge(made, 'COG4', why);
  }

  /** As the gateway would answer. The challenge names no metadata: it is one for all servers, and clients find a server's by its path (RFC 9728 §3.1). */
  private answer(type: keyof typeof API_ANSWERS, error: ErrorName, headers: Readonly<Record<string, string>>): void {
    const refusal = new FleetError(error, { reason: REASONS[type] });
    this.api.addGatewayResponse(type, {
      type: apigateway.ResponseType.of(type),
      statusCode: String(refusal.status),
      templates: { 'application/json': JSON.stringify({ jsonrpc: '2.0', id: null, error: refusal.toJsonRpc() }) },
      responseHeaders: { ...headers, ...(error === 'UNAUTHENTICATED' && { 'WWW-Authenticate': "'Bearer'" }) },
    });
  }
}

/** One line per request: who asked what, never a token or a body. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  sourceIp: '$context.identity.sourceIp',
  agent: '$context.authorizer.principalId',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  error: '$context.error.responseType',
  integrationStatus: '$context.integration.status',
  latencyMs: '$context.responseLatency',
};
