import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE, type MetricName } from '../core/metrics';
import { runtimeMetric } from './fleet-metrics';
import type { McpServer } from './mcp-server';
import { NEARLY_FULL_PERCENT } from './server-fleet-alarms';

const FULL_WIDTH = 24;
const HALF_WIDTH = 12;
const THIRD_WIDTH = 8;
const PERIOD = Duration.minutes(1);
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills it in (User Guide, "Use dynamic labels")
const SERVER_LABEL = "${PROP('Dim.Server')}";

/** Stands in a row's metrics for the server that whoever looks has chosen; no server has such a name. */
const CHOSEN_SERVER = '__SERVER__';

/**
 * One page in the order of questions on call: is there room, do agents get answers, is the ledger sound, which server. What has a line for each
 * server looks for metrics that name the fleet, so that servers of other stacks are drawn as soon as they tell of themselves, and nobody names them.
 */
export class FleetDashboard extends Construct {
  readonly dashboard: cloudwatch.Dashboard;

  constructor(
    scope: Construct,
    id: string,
    private readonly fleetName: string,
  ) {
    super(scope, id);
    this.dashboard = new cloudwatch.Dashboard(this, 'Resource', {
      periodOverride: cloudwatch.PeriodOverride.AUTO,
      variables: [this.chosen()],
    });
    const markdown = `# MCP fleet ${fleetName}\nEach line is a server, of whatever stack. Below: the server that is chosen above, and one row per server of this stack.`;
    this.dashboard.addWidgets(new cloudwatch.TextWidget({ markdown, width: FULL_WIDTH, height: 2 }));
    this.dashboard.addWidgets(
      this.ofAll('Slots in use (%)', HALF_WIDTH, 'SlotUtilization', cloudwatch.Stats.AVERAGE, {
        leftYAxis: { min: 0, max: 100 },
        leftAnnotations: [{ value: NEARLY_FULL_PERCENT, label: 'nearly full', color: cloudwatch.Color.RED }],
      }),
      this.ofAll('Queue depth (calls)', HALF_WIDTH, 'QueueDepth', cloudwatch.Stats.MAXIMUM),
    );
    this.dashboard.addWidgets(
      this.ofAll('Call latency p95 (ms)', HALF_WIDTH, 'CallLatency', cloudwatch.Stats.p(95)),
      this.ofAll('Added by the gateway p95 (ms)', HALF_WIDTH, 'GatewayOverhead', cloudwatch.Stats.p(95)),
    );
    this.dashboard.addWidgets(
      this.ofAll('Outcome unknown (calls)', THIRD_WIDTH, 'OutcomeUnknown'),
      this.ofAll('Ledger failures (operations)', THIRD_WIDTH, 'LedgerFailures'),
      this.ofAll('Authorizer failures (invocations)', THIRD_WIDTH, 'AuthorizerFailures'),
    );
    this.dashboard.addWidgets(
      this.ofAll('Outcomes that stand as unknown (calls)', HALF_WIDTH, 'UnknownOutcomes', cloudwatch.Stats.MAXIMUM),
      this.ofAll('Abandoned claims ended (calls)', HALF_WIDTH, 'ClaimsAbandoned'),
    );
    this.addRow(CHOSEN_SERVER);
  }

  /** Gives a server a row of its own. */
  addServer({ serverName }: McpServer): void {
    this.addRow(serverName);
  }

  private addRow(name: string): void {
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

  /** A pattern, and no property: that would be changed in the other rows, too (CloudWatch User Guide, "Dashboard variables"). */
  private chosen(): cloudwatch.DashboardVariable {
    return new cloudwatch.DashboardVariable({
      id: 'server',
      label: 'Server',
      type: cloudwatch.VariableType.PATTERN,
      value: CHOSEN_SERVER,
      inputType: cloudwatch.VariableInputType.SELECT,
      values: cloudwatch.Values.fromSearch(this.found('Calls'), 'Server'),
      defaultValue: cloudwatch.DefaultValue.FIRST,
    });
  }

  /** A line for each server that has told of itself in the last two weeks, 500 of them at most (CloudWatch User Guide, "Use search expressions"). */
  private ofAll(
    title: string,
    width: number,
    name: MetricName,
    statistic: string = cloudwatch.Stats.SUM,
    props: cloudwatch.GraphWidgetProps = {},
  ): cloudwatch.GraphWidget {
    const expression = `SEARCH('${this.found(name)}', '${statistic}', ${PERIOD.toSeconds()})`;
    const search = new cloudwatch.SearchExpression({ expression, period: PERIOD, label: SERVER_LABEL });
    return graph(title, width, { left: [search], ...props });
  }

  private found(name: MetricName): string {
    return `{${METRIC_NAMESPACE},Fleet,Server} Fleet="${this.fleetName}" MetricName="${name}"`;
  }

  private metric(server: string, name: MetricName, label: string, statistic = 'Sum'): cloudwatch.Metric {
    return runtimeMetric(this.fleetName, server, name, { label, statistic });
  }
}

function graph(title: string, width: number, props: cloudwatch.GraphWidgetProps = {}): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, width, height: 6, leftYAxis: { min: 0 }, ...props });
}
