import { describe, expect, test } from '@jest/globals';
import { type App, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { matched, type Side } from '../../bin/compared-sides';
import { costLines } from '../../bin/cost/cost-lines';
import { fleetCost } from '../../bin/cost/fleet-cost';
import { baseOf } from '../../bin/plan/fleet-plan';
import { planLines } from '../../bin/plan/plan-lines';
import { plannedServers } from '../../bin/plan/servers';
import { terminal } from '../../bin/terminal';
import { PRICES } from '../../core/sizing/prices';
import {
  KeyPolicy,
  McpAgent,
  type McpFleet,
  McpServer,
  OnLoss,
  ServerCredential,
  ServerMethod,
  ServerRuntime,
  ServerSecret,
  ToolPolicy,
} from '../../lib';
import { changesInMeaning } from '../../meaning/changes-in-meaning';
import type { NamedTemplate } from '../../meaning/declared';
import { fleetsInApp } from '../../meaning/fleets-in-app';
import { readFleets } from '../../meaning/read-fleets';
import { NPM_HTTP, newFleet } from '../lib/example-fleet';
import { type TeamDeclaration, teamApp, templatesOf } from './team-app';

/** What teams have in a fleet that stands in another stack. */

const PLAIN = terminal(false, { NO_COLOR: '1' }).paint;
const HTTP = { package: '@acme/reports', version: '1.2.3', port: 3000 };
const reports = (props: object) => ({ reports: () => ({ runtime: ServerRuntime.http(HTTP), ...props }) });
const secret = (stack: Stack, name: string) => Secret.fromSecretNameV2(stack, name, `prod/${name}`);
const bank = (stack: Stack) => ServerSecret.environment('KEY', secret(stack, 'bank'));
const shown = (name: string) => (stack: Stack) => ({
  runtime: ServerRuntime.http({ ...HTTP, credential: ServerCredential.header('authorization', secret(stack, name)) }),
});
const usual = teamApp();
const linesOf = (before: readonly NamedTemplate[], after: readonly NamedTemplate[]) =>
  changesInMeaning(before, after).map(({ fleet, server, severity, what, before: had, after: has }) =>
    [`${fleet}/${server ?? ''}`, severity, what, had ?? '', has ?? ''].join('|'),
  );

describe('a change in the stack of a team', () => {
  test.each<[string, Partial<TeamDeclaration>, RegExp]>([
    ['a grant', { grant: { tools: ['list', 'delete'] } }, /^orders\/reports\|widens\|analyst may call\|\|delete$/],
    ['all tools', { grant: { tools: [McpServer.ALL_TOOLS] } }, /^orders\/reports\|widens\|analyst may call\|list\|all tools$/],
    ['another subject', { subject: 'agent-other' }, /^orders\/\|widens\|subject that is analyst\|\|agent-other$/],
    ['another agent', { also: grantsAnother }, /^orders\/reports\|widens\|clerk may call\|\|list$/],
    ['a secret', { reports: (stack) => ({ runtime: ServerRuntime.http(HTTP), secrets: [bank(stack)] }) }, /widens\|secret in KEY\|\|/],
    ['a credential', { reports: shown('bank') }, /^orders\/reports\|widens\|secret in header authorization\|\|.*prod\/bank$/],
    ['a tool that only reads', reports({ tools: { pay: ToolPolicy.readOnly() } }), /widens\|tool pay\|changes state\|only reads$/],
    [
      'a key',
      reports({ tools: { pay: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED }) } }),
      /narrows\|tool pay needs a key\|no\|yes$/,
    ],
    ['a method', reports({ methods: [ServerMethod.request('x/y')] }), /widens\|own methods that pass\|\|x\/y$/],
    ['a package', reports({ runtime: ServerRuntime.http({ ...HTTP, version: '2.0.0' }) }), /changes\|package\|.*1\.2\.3\|.*2\.0\.0$/],
    [
      'a place',
      reports({ runtime: ServerRuntime.remote({ url: 'https://far.example/mcp' }) }),
      /widens\|calls are sent to\|\|https:\/\/far/,
    ],
    ['sessions', reports({ sessions: { perInstance: 7, onLoss: OnLoss.RESTART } }), /\|sessions per instance\|100\|7$/],
    [
      'a permission',
      { also: (_, server) => void server.grantPrincipal.addToPrincipalPolicy?.(anything()) },
      /widens\|its programs may\|\|s3:/,
    ],
    ['an alarm', { also: (_, server, stack) => void alarmOn(server, stack) }, /orders\/reports\|changes\|alarm <.*\|\|.*Denied/],
    ['another server', { also: addNotes }, /^orders\/notes\|changes\|server notes\|\|run by the fleet$/],
  ])('%s is told, and the way back is its opposite', (_, change, words) => {
    const next = teamApp(change);
    const there = linesOf(usual, next);
    expect(there.some((line) => words.test(line)) ? [] : there).toEqual([]);
    const widened = (lines: readonly string[], severity: string) => lines.filter((line) => line.includes(`|${severity}|`)).length;
    expect(widened(linesOf(next, usual), 'narrows')).toBe(widened(there, 'widens'));
  });

  test('of nothing is told as nothing', () => {
    expect(linesOf(usual, teamApp())).toEqual([]);
  });

  test('that removes a server breaks', () => {
    const lines = linesOf(teamApp({ also: addNotes }), usual);
    expect(lines).toContain('orders/notes|breaks|server notes|run by the fleet|');
  });

  test('of the name of its stack is a change of nothing else', () => {
    const side = (stacks: readonly NamedTemplate[], is: Partial<Side> = {}): Side => ({
      from: '',
      stacks,
      isOneTemplate: false,
      isAccount: false,
      ...is,
    });
    const renamed = teamApp({ stack: 'Renamed' });
    expect(linesOf(usual, renamed).filter((line) => !line.includes('|breaks|its service') && !/deployment|\|alarm/.test(line))).toEqual([]);
    const [before] = matched(side(usual, { isOneTemplate: true }), side(renamed));
    expect(before.stacks.map(({ name }) => name)).toEqual(['Renamed']);
  });

  test('is not about the fleet, nor about what other teams have in it', () => {
    const { fleet, stacks } = oneApp();
    const account: Side = { from: '', stacks: [...usual, ...stacks, ...others()], isOneTemplate: false, isAccount: true };
    const [before] = matched(account, { ...account, stacks: usual, isAccount: false });
    expect(before.stacks.map(({ name }) => name)).toEqual(['Team']);
    const [ofFleet] = matched(account, { ...account, stacks: stacks.filter(({ name }) => name === fleet), isAccount: false });
    expect(ofFleet.stacks.map(({ name }) => name)).toEqual([fleet]);
  });
});

describe('a fleet and its team in one app', () => {
  const { stacks } = oneApp();

  test('are told under one name, and each agent once', () => {
    const granted = oneApp((fleet, notes, support) => {
      notes.grantCall(support, { tools: ['read'] });
      fleet.addAgent('clerk', { subject: 'agent-clerk' });
    });
    expect(linesOf(stacks, granted.stacks)).toEqual([
      'orders/|changes|agent clerk||agent-clerk',
      'orders/notes|widens|support may call||read',
    ]);
  });

  test('are one fleet in a plan and in what it costs', () => {
    const fleets = fleetsInApp(readFleets(stacks));
    const servers = plannedServers(fleets, [], { startSeconds: 60 });
    expect(servers.map(({ fleet, size }) => [fleet.name, size.name, size.gateways])).toEqual([
      ['orders', 'tickets', 3],
      ['orders', 'notes', 3],
    ]);
    const { base, elsewhere } = baseOf(servers.map(({ fleet }) => fleet));
    expect([base.gateways > 0, elsewhere]).toEqual([true, []]);
    const [own] = fleetsInApp(readFleets(stacks.slice(0, 1)));
    const costs = [own, fleets[0]].map((fleet) => fleet && fleetCost(fleet, [10], { arguments: 200, result: 1_000 }));
    const [without, whole] = costs;
    expect(Object.keys(whole?.sessionHours ?? {})).toEqual(['tickets', 'notes']);
    for (const part of ['tasks', 'keysAndSecrets', 'watching', 'logs'] as const)
      expect(whole?.idle[part]).toBeGreaterThan(without?.idle[part] ?? Number.NaN);
    expect(whole?.idle.balancers).toBe(without?.idle.balancers);
  });
});

describe('the app of a team alone', () => {
  const [fleet] = fleetsInApp(readFleets(usual));
  if (fleet === undefined) throw new Error('no fleet');

  test('is planned with as many gateways as the constructs choose, and they are said', () => {
    const [reported] = plannedServers([fleet], [], { startSeconds: 60 });
    expect(reported?.size).toMatchObject({ name: 'reports', gateways: 2, min: 2, max: 10, slots: 100 });
    const base = baseOf([fleet]);
    expect(base).toEqual({ base: { gateways: 0, balancers: 0 }, elsewhere: [{ fleet: 'orders', gateways: 2 }] });
    const told = planLines({ from: '', servers: [], prices: PRICES, ...base }, PLAIN).join('\n');
    expect(told).toMatch(/fleet orders stands in another app: 2 gateways are assumed/);
    expect(told).not.toMatch(/\$0/);
  });

  test('costs what its servers do', () => {
    const cost = fleetCost(fleet, [10], { arguments: 200, result: 1_000 });
    expect(cost).toMatchObject({ fleet: 'orders', isElsewhere: true });
    expect([cost.idle.balancers, cost.idle.network]).toEqual([0, 0]);
    expect(cost.idle.tasks).toBeGreaterThan(0);
    expect(Object.keys(cost.sessionHours)).toEqual(['reports']);
    expect(costLines(cost, PLAIN).join('\n')).toMatch(/the fleet stands in another app: its gateways, .* are not in this/);
  });
});

function grantsAnother(...[, server, stack]: Parameters<TeamDeclaration['also']>): void {
  server.grantCall(McpAgent.fromAgentAttributes(stack, 'Clerk', { agentName: 'clerk', subject: 'agent-clerk' }), { tools: ['list'] });
}

function addNotes(...[fleet, , stack]: Parameters<TeamDeclaration['also']>): void {
  new McpServer(stack, 'Notes', { fleet, runtime: NPM_HTTP });
}

function anything(): PolicyStatement {
  return new PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] });
}

function alarmOn(server: McpServer, stack: Stack): Alarm {
  return server.metricDenied().createAlarm(stack, 'Refused', { threshold: 1, evaluationPeriods: 1 });
}

/** With a fleet of three gateways in a stack of its own. */
function oneApp(also: (fleet: McpFleet, notes: McpServer, support: McpAgent) => void = () => {}) {
  const fleet = newFleet(undefined, { gateway: { replicas: 3 } });
  fleet.addServer('tickets', { runtime: NPM_HTTP });
  const app = fleet.node.root as App;
  const notes = new McpServer(new Stack(app, 'Notes'), 'Notes', { fleet, runtime: NPM_HTTP });
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  also(fleet, notes, support);
  return { fleet: Stack.of(fleet).stackName, stacks: templatesOf(app) };
}

/** What another team has in the same fleet. */
function others(): readonly NamedTemplate[] {
  const [stack] = teamApp({ stack: 'Others' });
  const text = JSON.stringify(stack?.template).replaceAll('"reports"', '"others"').replaceAll('\\"reports\\"', '\\"others\\"');
  return [{ name: 'Others', template: JSON.parse(text) }];
}
