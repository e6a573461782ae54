import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { App, Stack, type StackProps, Stage, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IConstruct } from 'constructs';
import { context } from '../../cdk.json';
import type { FleetConfig } from '../../core/fleet-config';
import { filledIn, GRANTS_RESOURCE, type Grant, type GrantsDocument } from '../../core/grants-document';
import { type AddServerProps, AgentIdentity, FleetEdge, McpFleet, type McpFleetProps, type McpServer, ServerRuntime } from '../../lib';

const assemblies = mkdtempSync(join(tmpdir(), 'test-lib-'));
let apps = 0;
afterAll(() => rmSync(assemblies, { recursive: true }));

/** What tells AWS and the tree's viewers how an app was made is a tenth of what these tests take, and no part of a template. */
const UNTOLD = { '@aws-cdk/core:enableAdditionalMetadataCollection': false };

/** An app with the feature flags that the command line would give it. */
export function newApp(): App {
  const flags = { ...context, ...UNTOLD, 'aws:cdk:enable-path-metadata': true };
  return new App({ outdir: join(assemblies, String(++apps)), context: flags, treeMetadata: false, analyticsReporting: false });
}

export function newStack(props?: StackProps): Stack {
  return new Stack(newApp(), 'Company', props);
}

export const IDENTITY = AgentIdentity.oidc({ issuer: 'https://login.example', audience: 'https://mcp.example' });

export function certificateOf(scope: Stack): ICertificate {
  return Certificate.fromCertificateArn(scope, 'Certificate', 'arn:aws:acm:eu-west-1:111122223333:certificate/1a2b');
}

/** A fleet of the fewest words, with TLS. */
export function newFleet(scope: Stack = newStack(), props: Partial<McpFleetProps> = {}): McpFleet {
  const edge = props.edge ?? FleetEdge.internal({ certificate: certificateOf(scope), domainName: 'mcp.example' });
  return new McpFleet(scope, 'Mcp', { fleetName: 'orders', identity: IDENTITY, ...props, edge });
}

/** Keeps the test's output clean where plain HTTP is meant. */
export function acknowledgePlainHttp(fleet: McpFleet): void {
  Validations.of(fleet).acknowledge({ id: 'cdk-mcp-fleet:plainHttp', reason: 'a test' });
}

/** The same where the VPC is given, and its endpoints are none of the test's affair. */
export function acknowledgeEndpoints(fleet: McpFleet): void {
  Validations.of(fleet).acknowledge({ id: 'cdk-mcp-fleet:vpcEndpoints', reason: 'a test' });
}

export const NPM_HTTP = ServerRuntime.http({ package: '@acme/tickets', version: '1.2.3', port: 3000 });
export const NPM_STDIO = ServerRuntime.stdio({ package: '@acme/notes', version: '4.5.6', args: ['--quiet'] });

export function newServer(props: Partial<AddServerProps> = {}, fleet = newFleet()): McpServer {
  return fleet.addServer('tickets', { runtime: NPM_HTTP, ...props });
}

export function templateOf(construct: IConstruct): Template {
  return Template.fromStack(Stack.of(construct));
}

/** What construct code grants, as the files of the assembly carry it: by the names of agents. What deployment fills in is an intrinsic function. */
export function grantsOf(construct: IConstruct): Readonly<Record<string, readonly Grant[]>> {
  return Object.fromEntries(documentOf(construct).agents.map(({ name, grants }) => [name, grants]));
}

export function documentOf(construct: IConstruct): GrantsDocument {
  const [resource, ...others] = Object.values(templateOf(construct).findResources(GRANTS_RESOURCE));
  if (resource === undefined || others.length > 0) throw new Error(`${others.length + 1} resources of grants, or none`);
  const { Key, Values = [] } = resource.Properties;
  const file = join((Stage.of(construct) as Stage).assetOutdir, `asset.${Key}`);
  return filledIn(JSON.parse(readFileSync(file, 'utf8')), Values) as GrantsDocument;
}

/** What the gateway is told, as the template carries it. */
export function configOf(template: Template): FleetConfig {
  return JSON.parse(textOf(environmentOf(containerOf(template, /Gateway\/Task/, 'gateway')).MCP_FLEET_CONFIG));
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read by path, as CloudFormation does
  readonly Properties: any;
  readonly Metadata?: Record<string, unknown>;
}

/** The one resource of a type whose construct path matches. */
export function resourceAt(template: Template, type: string, path: RegExp): Resource {
  const found = Object.values(template.findResources(type)).filter((resource) => path.test(resource.Metadata?.['aws:cdk:path'] ?? ''));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} match ${path}`);
  return found[0] as Resource;
}

/** Logical id of the one resource of a type whose construct path matches. */
export function logicalIdAt(template: Template, type: string, path: RegExp): string {
  const found = Object.entries(template.findResources(type)).filter(([, r]) => path.test(r.Metadata?.['aws:cdk:path'] ?? ''));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} match ${path}`);
  return (found[0] as [string, unknown])[0];
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Every statement of the policies attached to a role, with its actions as a list. */
export function statementsOf(template: Template, role: string): (Omit<Statement, 'Action'> & { Action: string[] })[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter((policy) =>
    policy.Properties.Roles.some((attached: { Ref?: string }) => attached.Ref === role),
  );
  return policies
    .flatMap((policy) => policy.Properties.PolicyDocument.Statement as Statement[])
    .map((statement) => ({ ...statement, Action: [statement.Action].flat() }));
}

/** Logical id of the task role of the task definition whose construct path matches. */
export function taskRoleOf(template: Template, path: RegExp): string {
  return resourceAt(template, 'AWS::ECS::TaskDefinition', path).Properties.TaskRoleArn['Fn::GetAtt'][0];
}

interface Container {
  readonly Name: string;
  readonly Environment?: { Name: string; Value: unknown }[];
  readonly Secrets?: { Name: string; ValueFrom: unknown }[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly [property: string]: any;
}

export function containersOf(template: Template, path: RegExp): Container[] {
  return resourceAt(template, 'AWS::ECS::TaskDefinition', path).Properties.ContainerDefinitions;
}

export function containerOf(template: Template, path: RegExp, name: string): Container {
  const container = containersOf(template, path).find((candidate) => candidate.Name === name);
  if (container === undefined) throw new Error(`no container ${name} in ${path}`);
  return container;
}

export function environmentOf(container: Container): Record<string, unknown> {
  return Object.fromEntries((container.Environment ?? []).map(({ Name, Value }) => [Name, Value]));
}

export function secretNamesOf(container: Container): string[] {
  return (container.Secrets ?? []).map(({ Name }) => Name).sort();
}

/** Text of a joined value, with each reference as `<logicalId>`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(textOf).join(String(join[0]));
  throw new Error(`not a text: ${JSON.stringify(value)}`);
}
