import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, test } from '@jest/globals';
import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  type AddServerProps,
  Affinity,
  AgentIdentity,
  FleetEdge,
  type McpFleetProps,
  Reconcile,
  ServerMethod,
  ServerRuntime,
  ServerSecret,
  ToolPolicy,
} from '../../lib';
import { certificateOf, NPM_HTTP, NPM_STDIO, newFleet, newServer, newStack, templateOf } from './example-fleet';

const FOUND = { tool: 'find', arguments: '{}', landed: 'result.found = true', notLanded: 'result.found = false' };
const [AUTHORITY = ''] = rootCertificates;
const withAuthorities = (certificateAuthorities: string) =>
  ServerRuntime.remote({ url: 'https://search.example/mcp', certificateAuthorities });
const IMAGE = ContainerImage.fromRegistry('acme/tickets:1');

test.each<[string, Partial<AddServerProps>, RegExp]>([
  ['no slots', { sessions: { perInstance: 0 } }, /sessions.perInstance is 0; allowed: a whole number from 1 to 10000/],
  ['less than nothing ready', { sessions: { warm: -1 } }, /sessions.warm is -1; allowed: a whole number from 0 to 100/],
  [
    'more ready than there is room for',
    { sessions: { perInstance: 3, warm: 5 } },
    /sessions.warm is 5; allowed: at most 3, as many as an instance has slots. Lower it, or raise sessions.perInstance./,
  ],
  ['half a slot', { sessions: { perInstance: 1.5 } }, /sessions.perInstance is 1.5/],
  ['min above max', { scaling: { minInstances: 5, maxInstances: 4 } }, /scaling.maxInstances is 4; allowed: at least minInstances \(5\)/],
  ['less than no instance', { scaling: { minInstances: -1 } }, /scaling.minInstances is -1; allowed: a whole number from 0 to 5000/],
  [
    'what is kept ready on no instance',
    { scaling: { minInstances: 0 }, sessions: { warm: 2 } },
    /sessions.warm is 2; allowed: 0 beside scaling.minInstances: 0. They are kept on instances, of which there may be none/,
  ],
  [
    'what is kept in memory of no instance',
    { scaling: { minInstances: 0 }, sessions: { affinity: Affinity.TASK } },
    /sessions.affinity is "task"; allowed: "none" beside scaling.minInstances: 0. .* lost whenever nobody has called for a while/,
  ],
  [
    'a last instance that stays for half a minute',
    { scaling: { minInstances: 0, scaleToZeroAfter: Duration.seconds(30) } },
    /scaling.scaleToZeroAfter is 0.5; allowed: a whole number from 1 to 1440. It is in minutes/,
  ],
  [
    'when to go, of an instance that never does',
    { scaling: { scaleToZeroAfter: Duration.minutes(30) } },
    /scaling.scaleToZeroAfter is Duration.minutes\(30\); allowed: nothing without minInstances: 0. The last instance stays in any case/,
  ],
  ['a target too high', { scaling: { targetUtilization: 95 } }, /scaling.targetUtilization is 95; allowed: a whole number from 10 to 80/],
  [
    'a drain beyond the stop timeout',
    { drain: Duration.seconds(111) },
    /drain is 111; allowed: .* 1 to 110. ECS kills a Fargate task 120 s/,
  ],
  ['a drain of nothing', { drain: Duration.millis(500) }, /drain is 0.5/],
  [
    'a deployment that CloudFormation would not wait for',
    { deployWithin: Duration.hours(3) },
    /deployWithin is 180; allowed: .* 1 to 150. It is in minutes, and CloudFormation waits .* three hours/,
  ],
  [
    'a delay that is over before the drain begins',
    { deregistrationDelay: Duration.seconds(60) },
    /deregistrationDelay is 60; allowed: a whole number from 110 to 3600. It is in seconds. It is at least drain \(110 s\)/,
  ],
  [
    'a call longer than any edge lets pass',
    { longestCall: Duration.minutes(16) },
    /longestCall is 960; allowed: a whole number from 1 to 900/,
  ],
  [
    'a call that a deployment would cut',
    { longestCall: Duration.minutes(10), deregistrationDelay: Duration.minutes(5) },
    /longestCall is 600; allowed: at most deregistrationDelay \(300 s\). Calls that run are cut when it is over/,
  ],
  ['a listen stream that ends at once', { listenAge: Duration.seconds(1) }, /listenAge is 1; allowed: a whole number from 10 to 86400/],
  ['a delay that no load balancer has', { deregistrationDelay: Duration.hours(2) }, /deregistrationDelay is 7200; allowed: .* to 3600/],
  [
    'a deployment that does not end with its delay',
    { deployWithin: Duration.minutes(150), deregistrationDelay: Duration.hours(1) },
    /deployWithin is 150; allowed: at most 108, in minutes, with a deregistrationDelay of 3600 s. CloudFormation .* three hours/,
  ],
  ['a deployment that waits for half a minute', { deployWithin: Duration.seconds(30) }, /deployWithin is 0.5/],
  [
    'a path that is no pointer',
    { tools: { pay: ToolPolicy.readOnly({ redact: ['card.number'] }) } },
    /tools.pay.redact is "card.number"; allowed: a JSON pointer/,
  ],
  [
    'a key that is redacted',
    { tools: { pay: ToolPolicy.stateChanging({ keyArgument: 'id', redact: ['/id'] }) } },
    /tools.pay.redact is "\/id"; allowed: other arguments than the key/,
  ],
  [
    'what its own read looks for, redacted',
    {
      tools: {
        find: ToolPolicy.readOnly(),
        pay: ToolPolicy.stateChanging({
          redact: ['/card/number'],
          reconcile: Reconcile.by({ ...FOUND, arguments: '{ "number": arguments.card.number }' }),
        }),
      },
    },
    /tools.pay.redact is "\/card\/number"; allowed: arguments that reconcile does not read; it reads "card", "number"/,
  ],
  ['a tool without a name', { tools: { '': ToolPolicy.readOnly() } }, /tools is ""; allowed: 1 to 1024 bytes of well-formed text/],
  ['a tool whose name no row can hold', { tools: { ['é'.repeat(513)]: ToolPolicy.readOnly() } }, /tools is "é{199}…; allowed: 1 to 1024 b/],
  ['half a character', { tools: { '\ud83d': ToolPolicy.readOnly() } }, /tools is "\\ud83d"; allowed: .* well-formed text/],
  [
    'a declaration that CDK would lose',
    { tools: { ['__proto__']: ToolPolicy.readOnly() } },
    /tools is "__proto__"; allowed: .* not __proto__/,
  ],
  ['one declaration for all tools', { tools: { '*': ToolPolicy.readOnly() } }, /tools is "\*"; allowed: names of tools. .* declare each/],
  [
    'methods that the protocol has',
    { methods: [ServerMethod.request('tools/call', { readOnly: true }), ServerMethod.notification('notifications/message')] },
    /methods is "tools\/call"; allowed: names that are none of the protocol's.*leave it out.\nmethods is "notifications\/message"/,
  ],
  [
    'a method that a server could take for one of the protocol',
    { methods: [ServerMethod.request('Tool\u017f/Call')] },
    /methods is "Tool\u017f\/Call"; .* The protocol has "tools\/call"/,
  ],
  [
    'a method that is a request and a notification',
    { methods: [ServerMethod.request('acme/seen'), ServerMethod.notification('acme/seen')] },
    /methods is "acme\/seen"; allowed: each name once/,
  ],
  ['a method without a name', { methods: [ServerMethod.request('')] }, /methods is ""; allowed: 1 to 255 bytes/],
  ['a method of a long name', { methods: [ServerMethod.request('a'.repeat(256))] }, /methods is "a+…; allowed: 1 to 255 bytes/],
  ['half a character in a method', { methods: [ServerMethod.request('acme/\udc00')] }, /methods is "acme\/\\udc00"; .* well-formed text/],
  ['a method that CDK would lose', { methods: [ServerMethod.request('__proto__')] }, /methods is "__proto__"; .* not __proto__/],
  [
    'an error code that is none',
    { finalErrors: [-32000, -32000.5, Number.NaN] },
    /: finalErrors is -32000.5; allowed: whole numbers.*\n.* is NaN/,
  ],
  [
    "a declaration of the gateway's own tool",
    { outcomeTool: true, tools: { fleet_call_outcome: ToolPolicy.readOnly() } },
    /tools is "fleet_call_outcome"; allowed: names of tools of the server. With outcomeTool it is/,
  ],
  [
    'a read that is not declared to be one',
    { tools: { transfer: ToolPolicy.stateChanging({ reconcile: Reconcile.by({ ...FOUND, tool: 'find' }) }) } },
    /tools.transfer.reconcile.tool is "find"; allowed: a tool of this server that is declared read-only. Declare it: tools: \{ find: ToolPolicy.readOnly\(\) \}/,
  ],
  [
    'the same for names that are no words',
    { tools: { 'money/send': ToolPolicy.stateChanging({ reconcile: Reconcile.by({ ...FOUND, tool: 'money/find' }) }) } },
    /tools."money\/send".reconcile.tool is "money\/find"; .* tools: \{ "money\/find": ToolPolicy.readOnly\(\) \}/,
  ],
  [
    'an expression that is none',
    {
      tools: { find: ToolPolicy.readOnly(), transfer: ToolPolicy.stateChanging({ reconcile: Reconcile.by({ ...FOUND, landed: 'a = ' }) }) },
    },
    /tools.transfer.reconcile.landed is "a = "; allowed: a JSONata expression; .* \(at character \d+\). Write it in JSONata/,
  ],
  [
    'an effect that takes forever',
    {
      tools: {
        find: ToolPolicy.readOnly(),
        transfer: ToolPolicy.stateChanging({ reconcile: Reconcile.by({ ...FOUND, effectWithin: Duration.hours(2) }) }),
      },
    },
    /tools.transfer.reconcile.effectWithin is 7200; allowed: a whole number from 0 to 3600/,
  ],
  ['a queue for nobody', { sessions: { queue: { length: 0 } } }, /sessions.queue.length is 0; allowed: a whole number from 1 to 10000/],
  [
    'a wait for which no client waits',
    { sessions: { queue: { wait: Duration.minutes(1) } } },
    /sessions.queue.wait is 60; .*give a request up/,
  ],
  ['a recovery without an attempt', { recovery: { attempts: 0 } }, /recovery.attempts is 0; allowed: a whole number from 1 to 20/],
  ['a recovery for which nobody waits', { recovery: { within: Duration.hours(1) } }, /recovery.within is 3600/],
  ['the fleet port variable', { environment: { PORT: '1' } }, /environment name is "PORT"; allowed: names that the fleet does not set/],
  ['a fleet variable', { environment: { MCP_FLEET_X: '1' } }, /environment name is "MCP_FLEET_X"/],
  ['a variable that no shell has', { environment: { 'A-B': '1' } }, /environment name is "A-B"/],
])('a server with %s is refused', (_, props, message) => {
  expect(() => newServer(props)).toThrow(message);
});

test.each<[string, () => ServerRuntime, RegExp]>([
  ['no source', () => ServerRuntime.http({ port: 3000 }), /runtime source is \[\]; allowed: exactly one of image, package and directory/],
  [
    'two sources',
    () => ServerRuntime.http({ image: IMAGE, package: 'a', version: '1.0.0', port: 1 }),
    /runtime source is \["image","package"\]/,
  ],
  ["the sidecar's port", () => ServerRuntime.http({ image: IMAGE, port: 8080 }), /runtime port is 8080; allowed: any port but 8080/],
  ['no port', () => ServerRuntime.http({ image: IMAGE, port: 0 }), /runtime port is 0/],
  ['a relative path', () => ServerRuntime.http({ image: IMAGE, port: 1, path: 'mcp' }), /runtime path is "mcp"/],
  [
    'a version range',
    () => ServerRuntime.http({ package: 'a', version: '^1.0.0', port: 1 }),
    /runtime version is "\^1.0.0"; allowed: an exact version/,
  ],
  ['no version', () => ServerRuntime.stdio({ package: 'a' }), /runtime version is missing/],
  ['a version in the name', () => ServerRuntime.stdio({ package: 'a@1.0.0', version: '1.0.0' }), /runtime package is "a@1.0.0"/],
  [
    'a folder without a Dockerfile',
    () => ServerRuntime.http({ directory: 'lib', port: 1 }),
    /runtime directory is "lib"; allowed: a folder that holds a Dockerfile/,
  ],
  ['a folder that is not there', () => ServerRuntime.stdio({ directory: 'nowhere', command: ['x'] }), /runtime directory is "nowhere"/],
  [
    'a folder without a command',
    () => ServerRuntime.stdio({ directory: 'lib' }),
    /runtime command is missing; allowed: a command beside a directory/,
  ],
  ['an empty command', () => ServerRuntime.stdio({ package: 'a', version: '1.0.0', command: [] }), /runtime command is \[\]/],
  [
    'arguments beside a command',
    () => ServerRuntime.stdio({ package: 'a', version: '1.0.0', command: ['a'], args: ['b'] }),
    /runtime args is \["b"\]/,
  ],
  [
    'a remote without TLS',
    () => ServerRuntime.remote({ url: 'http://search.example/mcp' }),
    /runtime url is "http:\/\/search.example\/mcp"; allowed: an absolute https:/,
  ],
  [
    'authorities and no TLS',
    () => ServerRuntime.remote({ url: 'http://search.example/mcp', certificateAuthorities: AUTHORITY }),
    /: runtime url is "http:\/\/search.example\/mcp"; allowed: an absolute https:.* need TLS.$/,
  ],
  [
    "a file's name for authorities",
    () => withAuthorities('certs/ca.pem'),
    /runtime certificateAuthorities is "12 characters without a certificate"; allowed: PEM text of certificates. .* readFileSync/,
  ],
  [
    'too many connections ahead',
    () => ServerRuntime.remote({ url: 'https://search.example/mcp', warm: 11 }),
    /runtime warm is 11; allowed: a whole number from 0 to 10. It is how many connections a replica keeps open/,
  ],
  ['no authority', () => withAuthorities(''), /runtime certificateAuthorities is "0 characters without a certificate"/],
  [
    'an authority beside its key',
    () => withAuthorities(`${AUTHORITY}\n-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n`),
    /^(?![\s\S]*MC4CAQ)[\s\S]*runtime certificateAuthorities is \["PRIVATE KEY"\]; allowed: PEM text of certificates/,
  ],
  [
    'an authority that was cut',
    () => withAuthorities(`${AUTHORITY}\n${AUTHORITY.slice(0, 200)}`),
    /runtime certificateAuthorities is "2 certificates, of which 1 can be read"/,
  ],
  [
    'an authority that was altered',
    () => withAuthorities(AUTHORITY.replace(/\nMII/, '\nAII')),
    /runtime certificateAuthorities is "1 certificates, of which 0 can be read"/,
  ],
  [
    'an authority that is indented, as nobody would read it',
    () => withAuthorities(`${AUTHORITY}\n${AUTHORITY.replaceAll(/^/gm, '  ')}`),
    /is "2 certificates, of which 1 can be read"; .* each BEGIN and END at the beginning of a line/,
  ],
  [
    'a local command without a word',
    () => ServerRuntime.stdio({ package: '@acme/notes', version: '4.5.6', localCommand: [] }),
    /runtime localCommand is \[\]; allowed: a list of at least 1 words/,
  ],
])('a runtime with %s is refused', (_, runtime, message) => {
  expect(() => newServer({ runtime: runtime() })).toThrow(message);
});

test('an executable that an installed package does not have is refused, with those that it has', () => {
  const name = '@modelcontextprotocol/server-memory';
  const { version } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')) as { version: string };
  const message =
    'runtime bin is "server-memory"; allowed: an executable of the package: mcp-server-memory. Without `bin`, it is the name of the package without its scope.';
  expect(() => newServer({ runtime: ServerRuntime.stdio({ package: name, version }) })).toThrow(message);
  expect(() => newServer({ runtime: ServerRuntime.http({ package: name, version, port: 3000 }) })).toThrow(message);
  // Another version may have others; a command of its own may start any of them.
  expect(() => newServer({ runtime: ServerRuntime.stdio({ package: name, version: '0.0.1' }) })).not.toThrow();
  expect(() => newServer({ runtime: ServerRuntime.stdio({ package: name, version, command: ['mcp-server-memory'] }) })).not.toThrow();
});

test('a remote server refuses what would have no effect', () => {
  const runtime = ServerRuntime.remote({ url: 'https://search.example/mcp' });

  expect(() => newServer({ runtime, scaling: { minInstances: 2 }, drain: Duration.seconds(5) })).toThrow(
    /scaling is an object with minInstances; allowed: nothing on a remote server[\s\S]*drain is Duration.seconds\(5\)/,
  );
});

test('a variable and a secret of one name are refused', () => {
  const fleet = newFleet();
  const secrets = [ServerSecret.environment('TOKEN', new Secret(Stack.of(fleet), 'Token'))];

  expect(() => newServer({ environment: { TOKEN: 'x' }, secrets }, fleet)).toThrow(/environment name is "TOKEN"; allowed: each name once/);
});

test('every problem is told at once, with the path of the construct and a way out', () => {
  const attempt = () => newServer({ sessions: { perInstance: -1 }, scaling: { minInstances: 9, maxInstances: 3 } });

  expect(attempt).toThrow(
    /^Company\/Mcp\/tickets: sessions.perInstance is -1[\s\S]*\nscaling.maxInstances is 3[\s\S]*Raise it, or lower minInstances.$/,
  );
});

test("the name of the gateway's own tool is free where that is not asked for", () => {
  expect(() => newServer({ tools: { fleet_call_outcome: ToolPolicy.readOnly() } })).not.toThrow();
});

test('a value that is only known at deployment passes', () => {
  const perInstance = Lazy.number({ produce: () => 5 });
  const certificateAuthorities = Lazy.string({ produce: () => AUTHORITY });

  expect(() => newServer({ sessions: { perInstance }, finalErrors: [Lazy.number({ produce: () => -32000 })] })).not.toThrow();
  expect(() => newServer({ runtime: withAuthorities(certificateAuthorities) })).not.toThrow();
});

test.each(['Tickets', 'two words', '', '9lives', 'a'.repeat(32), 'a/b', 'a#b'])('a server named %j is refused', (name) => {
  expect(() => newFleet().addServer(name, { runtime: NPM_HTTP })).toThrow(/Company\/Mcp: server name is /);
});

test('a name serves one server', () => {
  const fleet = newFleet();
  newServer({}, fleet);

  expect(() => fleet.addServer('tickets', { runtime: NPM_STDIO })).toThrow(/server name is "tickets"; allowed: each name once in a fleet/);
});

test('two names whose rules would share a priority: one that moved when the other goes would be refused by AWS', () => {
  const fleet = newFleet();
  fleet.addServer('news', { runtime: NPM_HTTP });

  expect(() => fleet.addServer('support-users', { runtime: NPM_HTTP })).toThrow(
    /server name is "support-users"; allowed: a name that gives its rule another priority than that of "news" \(21130\)/,
  );
});

test.each<[string, Partial<McpFleetProps>, RegExp]>([
  [
    'an issuer without TLS',
    { identity: AgentIdentity.oidc({ issuer: 'http://login.example', audience: 'a' }) },
    /identity issuer is "http:/,
  ],
  ['no audience', { identity: AgentIdentity.oidc({ issuer: 'https://login.example', audience: '' }) }, /identity audience is \[""\]/],
  ['a name with spaces', { fleetName: 'my fleet' }, /fleetName is "my fleet"/],
  ['no replica', { gateway: { replicas: 0 } }, /gateway.replicas is 0/],
  ['tasks without sessions', { sessionBudget: { perTask: 0 } }, /perTask of sessionBudget is 0; allowed: .* 1 to 1000/],
  ['agents of any number of sessions', { sessionBudget: { perAgent: 5_000 } }, /perAgent of sessionBudget is 5000; .*one row/],
  ['no least replica', { gateway: { minReplicas: 0 } }, /gateway.minReplicas is 0; allowed: a whole number from 1 to 100/],
  [
    'replicas that are fixed and scale',
    { gateway: { replicas: 2, maxReplicas: 4 } },
    /gateway.replicas is 2; allowed: nothing beside minReplicas or maxReplicas/,
  ],
  [
    'fewer replicas at most than at least',
    { gateway: { minReplicas: 4, maxReplicas: 2 } },
    /gateway.maxReplicas is 2; allowed: at least minReplicas \(4\)/,
  ],
  ['an origin with a path', { allowedOrigins: ['https://console.example/'] }, /allowedOrigins is "https:\/\/console.example\/"/],
  ['every origin', { allowedOrigins: ['*'] }, /allowedOrigins is "\*"/],
  ['a domain without a certificate', { edge: FleetEdge.internal({ domainName: 'mcp.example' }) }, /edge domainName is "mcp.example"/],
  ['no clients', { edge: FleetEdge.internal({ clients: [] }) }, /edge clients is \[\]/],
  [
    'a key that is forgotten within the hour',
    { keyLifetime: Duration.minutes(5) },
    /keyLifetime is 300; allowed: a whole number from 3600 to/,
  ],
])('a fleet with %s is refused', (_, props, message) => {
  expect(() => newFleet(newStack(), props)).toThrow(message);
});

test('a certificate without the name it stands for is refused', () => {
  const stack = newStack();

  expect(() => newFleet(stack, { edge: FleetEdge.internal({ certificate: certificateOf(stack) }) })).toThrow(/edge domainName is missing/);
});

test('a VPC beside a cluster that stands in another is refused', () => {
  const stack = newStack();
  const cluster = new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Its') });

  expect(() => newFleet(stack, { cluster, vpc: new Vpc(stack, 'Other') })).toThrow(/vpc is "Company\/Other"; allowed: the cluster's VPC/);
});

test('what is accepted at its bounds also synthesizes', () => {
  const props: Partial<AddServerProps> = {
    sessions: { perInstance: 1 },
    scaling: { minInstances: 1, maxInstances: 1, targetUtilization: 80 },
    drain: Duration.seconds(110),
    deployWithin: Duration.minutes(150),
  };

  expect(() => templateOf(newServer(props))).not.toThrow();
});
