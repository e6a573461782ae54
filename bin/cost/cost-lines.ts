import { OFFICE } from '../../core/sizing/agents-cost';
import { LANES, type Lane, totalOf } from '../../core/sizing/call-cost';
import { PRICES } from '../../core/sizing/prices';
import { plain, type Terminal, table } from '../terminal';
import type { FleetCost } from './fleet-cost';

type Paint = Terminal['paint'];

const LANE_WORDS: Readonly<Record<Lane, string>> = { read: 'a read', keyed: 'a write under a key', keyless: 'a write without a key' };

/** What a fleet costs, for people. */
export function costLines({ fleet, isElsewhere, idle, calls, carried, agents, sessionHours }: FleetCost, paint: Paint): readonly string[] {
  const still = Object.values(idle).reduce((sum, part) => sum + part, 0);
  const callRows = LANES.map((lane) => {
    const { writeUnits, ...cost } = calls[lane];
    const parts = [cost.ledger, cost.rows, cost.archive, cost.logs, cost.balancers, totalOf(cost)].map(dollars);
    return [LANE_WORDS[lane], String(writeUnits), ...parts];
  });
  const agentRows = agents.map((row) => [
    String(row.agents),
    dollars(still),
    dollars(row.tasks),
    dollars(row.calls),
    dollars(still + row.tasks + row.calls),
  ]);
  const sessionRows = Object.entries(sessionHours).map(([server, cost]) => [plain(server), dollars(cost)]);
  return [
    `${paint.bold(plain(fleet))}  ${dollars(still)} a month though nobody calls`,
    ...indented(table(['TASKS', 'BALANCERS', 'NETWORK', 'KEYS, SECRETS', 'WATCHING', 'LOGS'], [Object.values(idle).map(dollars)])),
    ...(isElsewhere
      ? indented([
          'the fleet stands in another app: its gateways, load balancers, tables and the alarms on all its servers are not in this',
        ])
      : []),
    '',
    `a million calls with ${carried.arguments} bytes of arguments and ${carried.result} of result`,
    ...indented(table(['', 'WRITE UNITS EACH', 'LEDGER', 'ROWS', 'ARCHIVE', 'LOGS', 'BALANCERS', 'IN ALL'], callRows)),
    '',
    `a thousand sessions for an hour, at the share of slots that scaling keeps`,
    ...indented(table(['SERVER', 'COST'], sessionRows)),
    '',
    `a month of agents who work ${OFFICE.hours} hours, a session at every server, ${OFFICE.callsAnHour} calls an hour`,
    ...indented(table(['AGENTS', 'STANDS ANYWAY', 'MORE INSTANCES', 'CALLS', 'IN ALL'], agentRows)),
    '',
    paint.dim(
      `on-demand list prices of ${PRICES.region}, ${PRICES.asOf}; without traffic out of AWS and between zones, and what servers call: docs/cost.md`,
    ),
  ];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function dollars(amount: number): string {
  return amount < 100 ? `$${amount.toFixed(2)}` : `$${Math.round(amount)}`;
}
