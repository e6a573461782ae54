import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../core/metrics';
import { runtimeMetric } from './fleet-metrics';
import type { McpServer } from './mcp-server';
import { NEARLY_FULL_PERCENT } from './server-fleet-alarms';

const FULL_WIDTH = 24;
const HALF_WIDTH = 12;
const THIRD_WIDTH = 8;

/** One page in the order of questions on call: is there room, do agents get answers, is the ledger sound, which server. */
export class FleetDashboard extends Construct {
  readonly dashboard: cloudwatch.Dashboard;
  private readonly utilization = graph('Slots in use (%)', HALF_WIDTH, {
    leftYAxis: { min: 0, max: 100 },
    leftAnnotations: [{ value: NEARLY_FULL_PERCENT, label: 'nearly full', color: cloudwatch.Color.RED }],
  });
  private readonly queue = graph('Queue depth (calls)', HALF_WIDTH);
  private readonly latency = graph('Call latency p95 (ms)', HALF_WIDTH);
  private readonly overhead = graph('Added by the gateway p95 (ms)', HALF_WIDTH);
  private readonly unknown = graph('Outcome unknown (calls)', THIRD_WIDTH);
  private readonly ledger = graph('Ledger failures (operations)', THIRD_WIDTH);
  private readonly standing = graph('Outcomes that stand as unknown (calls)', HALF_WIDTH);
  private readonly abandoned = graph('Abandoned claims ended (calls)', HALF_WIDTH);
  private readonly authorizer = graph('Authorizer failures (invocations)', THIRD_WIDTH);

  constructor(
    scope: Construct,
    id: string,
    private readonly fleetName: string,
  ) {
    super(scope, id);
    this.dashboard = new cloudwatch.Dashboard(this, 'Resource', { periodOverride: cloudwatch.PeriodOverride.AUTO });
    const markdown = `# MCP fleet ${fleetName}\nEach line is a server. Below: one row per server.`;
    this.dashboard.addWidgets(new cloudwatch.TextWidget({ markdown, width: FULL_WIDTH, height: 2 }));
    this.dashboard.addWidgets(this.utilization, this.queue);
    this.dashboard.addWidgets(this.latency, this.overhead);
    this.dashboard.addWidgets(this.unknown, this.ledger, this.authorizer);
    this.dashboard.addWidgets(this.standing, this.abandoned);
  }

  /** Draws a server into the fleet's graphs and gives it a row of its own. */
  addServer(server: McpServer): void {
    const name = server.serverName;
    const p95 = { statistic: cloudwatch.Stats.p(95), label: name };
    this.utilization.addLeftMetric(server.metricSlotUtilization({ label: name }));
    this.queue.addLeftMetric(server.metricQueueDepth({ label: name }));
    this.latency.addLeftMetric(server.metricCallLatency(p95));
    this.overhead.addLeftMetric(server.metric('GatewayOverhead', p95));
    this.unknown.addLeftMetric(server.metricOutcomeUnknown({ label: name }));
    this.standing.addLeftMetric(server.metricUnknownOutcomes({ label: name }));
    this.abandoned.addLeftMetric(server.metric('ClaimsAbandoned', { label: name }));
    this.ledger.addLeftMetric(server.metric('LedgerFailures', { label: name }));
    this.authorizer.addLeftMetric(server.metric('AuthorizerFailures', { label: name }));
    this.dashboard.addWidgets(
      graph(`${name}: sessions and slots per instance`, THIRD_WIDTH, {
        left: [
          this.metric(name, 'ActiveSessions', 'sessions, average', 'Average'),
          this.metric(name, 'SlotsInUse', 'slots, average', 'Average'),
          this.metric(name, 'SlotsInUse', 'slots, fullest instance', 'Maximum'),
          this.metric(name, 'ColdStarts', 'started while an agent waited'),
        ],
      }),
      graph(`${name}: calls by outcome`, THIRD_WIDTH, {
        stacked: true,
        left: [
          this.metric(name, 'CallsConfirmed', 'confirmed'),
          this.metric(name, 'CallsFailed', 'failed'),
          this.metric(name, 'CallsNotExecuted', 'not executed'),
          this.metric(name, 'OutcomeUnknown', 'unknown'),
        ],
      }),
      graph(`${name}: refused and replayed (calls)`, THIRD_WIDTH, {
        left: [
          this.metric(name, 'Denied', 'denied by policy'),
          this.metric(name, 'Rejected', 'rejected for capacity'),
          this.metric(name, 'ReplaysServed', 'replayed from the ledger'),
          this.metric(name, 'SessionsLost', 'sessions lost'),
        ],
      }),
    );
  }

  private metric(server: string, name: MetricName, label: string, statistic = 'Sum'): cloudwatch.Metric {
    return runtimeMetric(this.fleetName, server, name, { label, statistic });
  }
}

function graph(title: string, width: number, props: cloudwatch.GraphWidgetProps = {}): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, width, height: 6, leftYAxis: { min: 0 }, ...props });
}
