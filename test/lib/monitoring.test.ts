import { expect, test } from '@jest/globals';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SERVER_NAME } from '../../core/fleet-config';
import { METRICS } from '../../core/metrics';
import { type McpFleet, McpServer, ServerRuntime } from '../../lib';
import { logicalIdAt, NPM_STDIO, newFleet, newServer, newStack, resourceAt, templateOf, textOf } from './example-fleet';

type Template = ReturnType<typeof templateOf>;

const alarmsOf = (template: Template) => Object.values(template.findResources('AWS::CloudWatch::Alarm')).map((alarm) => alarm.Properties);

interface Query {
  readonly Expression?: unknown;
  readonly MetricStat?: unknown;
}

/** What an alarm on a query of the fleet's servers asks. */
const queriesOf = (template: Template): string[] =>
  alarmsOf(template).flatMap(({ Metrics = [] }) =>
    Metrics.flatMap(({ Expression, MetricStat }: Query) => (MetricStat === undefined ? textOf(Expression) : [])),
  );

test('the alarms without which no fleet should go live', () => {
  const template = templateOf(newServer());
  const alarms = alarmsOf(template)
    .filter(({ Metrics }) => Metrics === undefined)
    .map((alarm) => [alarm.Namespace, alarm.MetricName, alarm.Statistic, alarm.ComparisonOperator, alarm.Threshold]);

  expect(alarms.sort()).toEqual([
    ['AWS/ApplicationELB', 'HTTPCode_Target_5XX_Count', 'Sum', 'GreaterThanOrEqualToThreshold', 10],
    // Of the gateways in each of two zones; of gateways, and of instances.
    ...Array(2).fill(['AWS/ApplicationELB', 'HealthyHostCount', 'Minimum', 'LessThanThreshold', 1]),
    ...Array(2).fill(['AWS/ApplicationELB', 'HealthyHostCount', 'Minimum', 'LessThanThreshold', 2]),
    ['AWS/ApplicationELB', 'UnHealthyHostCount', 'Maximum', 'GreaterThanOrEqualToThreshold', 1],
    ['AWS/CertificateManager', 'DaysToExpiry', 'Minimum', 'LessThanThreshold', 14],
    ...Array(4).fill(['AWS/Lambda', 'Errors', 'Sum', 'GreaterThanOrEqualToThreshold', 1]),
    ['AWS/Lambda', 'Invocations', 'Sum', 'LessThanThreshold', 1],
    ['AWS/Lambda', 'IteratorAge', 'Maximum', 'GreaterThanOrEqualToThreshold', 3_600_000],
    ...Array(5).fill(['AWS/Lambda', 'Throttles', 'Sum', 'GreaterThanOrEqualToThreshold', 1]),
    ['McpFleet', 'DeploymentBlocked', 'Sum', 'GreaterThanThreshold', 0],
    ['McpFleet', 'LedgerChangesOutside', 'Sum', 'GreaterThanThreshold', 0],
    ['McpFleet', 'QueueDepth', 'Sum', 'GreaterThanThreshold', 0],
    ['McpFleet', 'Rejected', 'Sum', 'GreaterThanThreshold', 0],
  ]);
});

test('one alarm watches all servers of the fleet, those of other stacks as well, each by itself', () => {
  const queries = queriesOf(templateOf(newServer()));
  const ofServers = (select: string) =>
    `SELECT ${select} FROM SCHEMA("McpFleet", Fleet, Server) WHERE Fleet = 'orders' GROUP BY Server ORDER BY ${select.slice(0, 3)}() DESC`;

  for (const select of [
    'SUM(OutcomeUnknown)',
    'MAX(UnknownOutcomes)',
    'SUM(LedgerFailures)',
    'SUM(AuthorizerFailures)',
    'SUM(SecretLeaksBlocked)',
    'SUM(ToolsUnreviewed)',
    'SUM(ListingFailures)',
    'AVG(SlotUtilization)',
  ])
    expect(queries).toContain(ofServers(select));
  expect(queries).toContainEqual(
    expect.stringMatching(/^SELECT MAX\(UnHealthyHostCount\) FROM SCHEMA\("AWS\/ApplicationELB", LoadBalancer, TargetGroup\)/),
  );
  const metrics = queries.flatMap((query) => /\((\w+)\) FROM SCHEMA\("McpFleet"/.exec(query)?.[1] ?? []);
  for (const metric of metrics) expect(Object.keys(METRICS)).toContain(metric);
});

test('more servers are no more alarms of the fleet', () => {
  const fleet = newFleet();
  newServer({}, fleet);
  const before = queriesOf(templateOf(fleet));
  const larger = newFleet();
  for (const name of ['tickets', 'notes', 'search']) larger.addServer(name, { runtime: NPM_STDIO });

  expect(queriesOf(templateOf(larger)).length).toBe(before.length);
});

test('alarms of one server watch what the runtime emits, and say what is wrong', () => {
  const ofServer = (alarm: { Namespace?: string; MetricName?: string }) =>
    alarm.Namespace === 'McpFleet' && alarm.MetricName !== 'LedgerChangesOutside';
  const own = alarmsOf(templateOf(newServer())).filter(ofServer);

  for (const alarm of own) {
    expect(Object.keys(METRICS)).toContain(alarm.MetricName);
    expect(alarm.Dimensions).toEqual([
      { Name: 'Fleet', Value: 'orders' },
      { Name: 'Server', Value: 'tickets' },
    ]);
    expect(alarm.AlarmDescription).toMatch(/^MCP server tickets: /);
  }
});

test('a certificate that has ended stays an alarm, for nobody counts its days any more', () => {
  const alarm = alarmsOf(templateOf(newServer())).find(({ MetricName }) => MetricName === 'DaysToExpiry');

  expect([alarm?.TreatMissingData, alarm?.Period]).toEqual(['ignore', 24 * 60 * 60]);
});

test('gateways move to a zone that is there again', () => {
  const { Properties } = resourceAt(templateOf(newFleet()), 'AWS::ECS::Service', /Gateway/);

  expect(Properties.AvailabilityZoneRebalancing).toBe('ENABLED');
});

test('where nothing is left that could be counted, alarms sound', () => {
  const missing = alarmsOf(templateOf(newServer({ scaling: { minInstances: 3 } }))).filter(
    ({ MetricName }) => MetricName === 'HealthyHostCount',
  );

  expect(missing.map(({ Threshold, TreatMissingData }) => [Threshold, TreatMissingData]).sort()).toEqual([
    [1, 'breaching'],
    [1, 'breaching'],
    [2, 'breaching'],
    [3, 'breaching'],
  ]);
});

test('a server that may have no instance misses none, and those who wait for one in vain are told of', () => {
  const alarms = alarmsOf(templateOf(newServer({ scaling: { minInstances: 0 } })));
  const missing = alarms.filter(({ MetricName }) => MetricName === 'HealthyHostCount').map(({ Threshold }) => Threshold);

  // Of the gateway and its zones alone.
  expect(missing.sort()).toEqual([1, 1, 2]);
  expect(alarms.filter(({ MetricName, Period }) => MetricName === 'Rejected' && Period === 60)).toMatchObject([
    { Statistic: 'Sum', Threshold: 0, EvaluationPeriods: 10, DatapointsToAlarm: 3, TreatMissingData: 'notBreaching' },
  ]);
});

test('the load balancer before servers may have no target; all else that it answers itself with 5xx is told of', () => {
  const alarms = alarmsOf(templateOf(newServer()));
  const failing = alarms.find(({ Metrics = [] }) => JSON.stringify(Metrics).includes('HTTPCode_ELB_5XX_Count'));

  expect(failing?.Metrics).toMatchObject([
    { Expression: 'FILL(failures, 0) - FILL(untargeted, 0)' },
    { Id: 'failures', MetricStat: { Stat: 'Sum', Period: 60 } },
    { Id: 'untargeted', MetricStat: { Metric: { MetricName: 'HTTPCode_ELB_503_Count' }, Stat: 'Sum', Period: 60 } },
  ]);
});

test('a janitor that does not run is an alarm, and an unknown outcome stays one while nobody counts', () => {
  const alarms = alarmsOf(templateOf(newServer()));
  const standing = alarms.find(({ Metrics: [metric] = [] }) => String(metric?.Expression).includes('MAX(UnknownOutcomes)'));

  expect(alarms.find(({ MetricName }) => MetricName === 'Invocations')?.TreatMissingData).toBe('breaching');
  expect(standing?.TreatMissingData).toBe('ignore');
  expect(standing?.AlarmDescription).toContain('mcp-fleet ledger unknown --stack Company');
});

test.each([
  [undefined, 50],
  [Duration.minutes(150), 155],
  [Duration.minutes(7), 15],
])('a deployment that is blocked is as it should be for deployWithin (%s), and an alarm after it', (deployWithin, minutes) => {
  const alarm = alarmsOf(templateOf(newServer({ deployWithin }))).find(({ MetricName }) => MetricName === 'DeploymentBlocked');
  expect((alarm?.Period * alarm?.EvaluationPeriods) / 60).toBe(minutes);
});

test('a topic is told when any alarm starts and when it ends, but for those that call scaling', () => {
  const stack = newStack();
  const alarmTopic = new Topic(stack, 'Oncall');
  const template = templateOf(newServer({}, newFleet(stack, { alarmTopic })));
  const topic = { Ref: logicalIdAt(template, 'AWS::SNS::Topic', /Oncall/) };

  const forPeople = (each: Template) => alarmsOf(each).filter(({ Period }) => Period !== 10);
  for (const alarm of forPeople(template)) expect(alarm).toMatchObject({ AlarmActions: [topic], OKActions: [topic] });
  expect(forPeople(templateOf(newServer())).filter((alarm) => alarm.AlarmActions)).toEqual([]);
});

test('the dashboard draws every server that names the fleet, with metrics that the runtime emits', () => {
  const { widgets, variables } = dashboardOf((fleet) => {
    newServer({}, fleet);
    fleet.addServer('notes', { runtime: NPM_STDIO });
  });
  const metrics: (string | Search)[][] = widgets.flatMap(
    ({ properties }: { properties: { metrics?: object[][] } }) => properties.metrics ?? [],
  );
  const searches = metrics.flatMap(([first]) => (typeof first === 'object' ? [first] : []));
  const searched = searches.map(
    ({ expression }) => /^SEARCH\('\{McpFleet,Fleet,Server\} Fleet="orders" MetricName="(\w+)"', '\w+', 60\)$/.exec(expression)?.[1],
  );
  expect(searched).toEqual([
    'SlotUtilization',
    'QueueDepth',
    'CallLatency',
    'GatewayOverhead',
    'OutcomeUnknown',
    'LedgerFailures',
    'AuthorizerFailures',
    'UnknownOutcomes',
    'ClaimsAbandoned',
  ]);
  expect(new Set(searches.map(({ label }) => label))).toEqual(new Set([`\${PROP('Dim.Server')}`]));

  const drawn = metrics.flatMap(([namespace, name, , , , server]) => (typeof namespace === 'string' ? [[namespace, name, server]] : []));
  expect(new Set(drawn.map(([namespace]) => namespace))).toEqual(new Set(['McpFleet']));
  expect([...searched, ...drawn.map(([, name]) => name)].filter((name) => !Object.hasOwn(METRICS, String(name)))).toEqual([]);
  const [chosen] = variables;
  expect(chosen).toMatchObject({
    type: 'pattern',
    search: '{McpFleet,Fleet,Server} Fleet="orders" MetricName="Calls"',
    populateFrom: 'Server',
  });
  expect(new Set(drawn.map(([, , server]) => server))).toEqual(new Set([chosen.pattern, 'tickets', 'notes']));
  expect(SERVER_NAME.test(chosen.pattern)).toBe(false);
});

test('a server of another stack changes nothing in the dashboard: it is found there', () => {
  const alone = dashboardOf(() => {});
  const beside = dashboardOf((fleet) => {
    new McpServer(new Stack(fleet.node.root as App, 'Team'), 'Reports', { fleet, runtime: NPM_STDIO });
  });
  expect(beside).toEqual(alone);
});

interface Search {
  readonly expression: string;
  readonly label: string;
}

function dashboardOf(add: (fleet: McpFleet) => void) {
  const fleet = newFleet();
  add(fleet);
  const [dashboard] = Object.values(templateOf(fleet).findResources('AWS::CloudWatch::Dashboard'));
  return JSON.parse(textOf(dashboard?.Properties.DashboardBody));
}

test('metrics of a server can be asked for by name, and only those that exist', () => {
  const server = newServer();

  expect(server.metricOutcomeUnknown().toMetricConfig().metricStat).toMatchObject({ metricName: 'OutcomeUnknown', statistic: 'Sum' });
  expect(server.metricSlotUtilization().toMetricConfig().metricStat).toMatchObject({ metricName: 'SlotUtilization', statistic: 'Average' });
  expect(server.metric('ColdStarts', { statistic: 'Maximum' }).toMetricConfig().metricStat).toMatchObject({ statistic: 'Maximum' });
  expect(() => server.metric('Sessions')).toThrow(/metric name is "Sessions"; allowed: ActiveSessions, /);
});

test('a remote server has no instances to alarm on', () => {
  const server = newFleet().addServer('search', { runtime: ServerRuntime.remote({ url: 'https://search.example/mcp' }) });
  const withServer = alarmsOf(templateOf(Stack.of(server)));

  expect(withServer.length).toBe(alarmsOf(templateOf(newFleet())).length);
});

test('a zone in which no gateway is healthy sounds an alarm, where there are as many gateways as zones', () => {
  const zonesOf = (minReplicas: number) =>
    alarmsOf(templateOf(newFleet(newStack(), { gateway: { minReplicas, maxReplicas: 5 } }))).flatMap(
      ({ Dimensions = [] }) => Dimensions.find(({ Name }: { Name: string }) => Name === 'AvailabilityZone')?.Value ?? [],
    );
  const zone = (index: number) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] });
  expect(zonesOf(2)).toEqual([zone(0), zone(1)]);
  expect(zonesOf(1)).toEqual([]);
});
