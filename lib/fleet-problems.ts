import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { MOST } from '../core/agent-terms';
import { SERVER_NAME } from '../core/fleet-config';
import { delayProblems } from './deregistration';
import type { AuditOptions, McpFleetProps, ReservedConcurrencyOptions, SessionBudgetOptions } from './fleet-props';
import { MCP_FLEET, SESSION_BUDGET } from './fleet-shape';
import { replicaProblems } from './gateway-scaling';
import { memberProblems, number, optional, type Shape, struct, text } from './kinds';
import type { AddAgentProps, McpAgent } from './mcp-agent';
import { matching, type Problem, wholeNumber } from './problems';
import { requestLimitProblems } from './request-limits';
import { rulePriority } from './rule-priority';
import { serverNameProblems } from './server-problems';
import { Words } from './shown';
import { taskSizeProblems } from './task-size';
import { tokenCheckProblems } from './token-check';

/** A quota that nobody has had raised beyond (Lambda quotas, concurrent executions). */
const MOST_EXECUTIONS = 100_000;

/** What is wrong with a fleet as it was declared: first what cannot be read at all. */
export function fleetProblems(props: McpFleetProps): Problem[] {
  const unreadable = memberProblems('props', props, MCP_FLEET, '');
  if (unreadable.length > 0) return unreadable;
  const { identity, edge, fleetName, vpc, cluster, sessionBudget, gateway } = props;
  const problems = [
    ...identity._problems(),
    ...edge._problems(),
    ...(edge._spec.jwtVerification ? tokenCheckProblems(identity._config) : []),
    ...matching(
      'fleetName',
      fleetName,
      /^[A-Za-z0-9-]{1,63}$/,
      '1 to 63 characters a-z, A-Z, 0-9 and -',
      'It is a dimension of every metric.',
    ),
    ...wholeNumber(
      'keyLifetime',
      props.keyLifetime?.toSeconds({ integral: false }),
      3_600,
      315_360_000,
      'It is counted in seconds: a retry after it executes again.',
    ),
    ...wholeNumber(
      'keyRotation',
      props.keyRotation?.toDays({ integral: false }),
      30,
      365,
      'It is counted in days: sidecars know the keys of their start for 400.',
    ),
    ...budgetProblems('sessionBudget', sessionBudget),
    ...auditProblems(props.audit),
    ...reservationProblems(props.functions?.reservedConcurrency),
    ...networkProblems(props),
    ...replicaProblems(gateway),
    ...taskSizeProblems('gateway.taskSize', gateway?.taskSize),
    ...delayProblems(
      'gateway.deregistrationDelay',
      gateway?.deregistrationDelay,
      1,
      'A call that takes longer is cut, and its agent resumes it.',
    ),
    ...requestLimitProblems(gateway?.requestLimits),
    ...(props.allowedOrigins ?? []).flatMap(originProblems),
  ];
  if (cluster !== undefined && vpc !== undefined && cluster.vpc !== vpc) {
    problems.push({ what: 'vpc', got: vpc.node.path, allowed: "the cluster's VPC", fix: 'Leave vpc out: the cluster brings its own.' });
  }
  return problems;
}

export function newServerProblems(name: string, present: readonly string[]): Problem[] {
  const unreadable = SERVER('server name', name);
  if (unreadable.length > 0) return unreadable;
  const problems = serverNameProblems(name);
  if (present.includes(name)) {
    problems.push({ what: 'server name', got: name, allowed: 'each name once in a fleet', fix: 'Another server has it: rename one.' });
    return problems;
  }
  const priority = rulePriority(name);
  const twin = present.find((other) => rulePriority(other) === priority);
  if (twin !== undefined) {
    const allowed = `a name that gives its rule another priority than that of "${twin}" (${priority})`;
    problems.push({ what: 'server name', got: name, allowed, fix: 'The priority is a hash of the name: any other name will do.' });
  }
  return problems;
}

const SERVER = text('Choose a short word: it is a path segment of the URL.');
const AGENT = text('Choose a short word: it names the agent in code and on the command line.');
const ADD_AGENT: Shape<AddAgentProps> = {
  subject: text("Write the `sub` of the agent's access tokens."),
  weight: optional(number()),
  sessionBudget: optional(struct(SESSION_BUDGET)),
};

/** Two agents with one subject would be one principal, and each would remove the other's grants. */
export function agentProblems(name: string, props: AddAgentProps, present: readonly McpAgent[]): Problem[] {
  const unreadable = [...AGENT('agent name', name), ...memberProblems('agent props', props, ADD_AGENT, 'agent ')];
  if (unreadable.length > 0) return unreadable;
  const { subject, weight, sessionBudget } = props;
  const allowed = '1 to 31 characters a-z, 0-9 and -, a letter first';
  const problems = [
    ...matching('agent name', name, SERVER_NAME, allowed, 'It names the agent in code and on the command line.'),
    ...wholeNumber(
      `weight of the agent "${name}"`,
      weight,
      1,
      MOST.weight,
      'It is the slots that the agent gets for each one of an agent of weight 1.',
    ),
    ...budgetProblems(`sessionBudget of the agent "${name}"`, sessionBudget),
  ];
  if (present.some((agent) => agent.agentName === name)) {
    problems.push({ what: 'agent name', got: name, allowed: 'each name once in a fleet', fix: 'Another agent has it: rename one.' });
  }
  const twin = present.find((agent) => agent.subject === subject);
  if (twin !== undefined) {
    const fix = `Agent "${twin.agentName}" has it: grant calls to that one.`;
    problems.push({ what: 'agent subject', got: subject, allowed: 'each subject once in a fleet', fix });
  }
  return problems;
}

function budgetProblems(what: string, { perTask, perAgent }: SessionBudgetOptions = {}): Problem[] {
  return [
    ...wholeNumber(`perTask of ${what}`, perTask, 1, MOST.perTask, 'It is the most sessions of one task, on all servers.'),
    ...wholeNumber(`perAgent of ${what}`, perAgent, 1, MOST.perAgent, 'They stand in one row, which must not grow too large.'),
    ...(perTask !== undefined && perAgent !== undefined && perTask > perAgent
      ? [
          {
            what: `perTask of ${what}`,
            got: perTask,
            allowed: `at most perAgent, ${perAgent}`,
            fix: 'No task has more than its agent may have.',
          },
        ]
      : []),
  ];
}

function auditProblems({ retention, bucket }: AuditOptions = {}): Problem[] {
  const problems = wholeNumber(
    'audit.retention',
    retention?.toDays({ integral: false }),
    1,
    36_500,
    'It is counted in days: nobody can shorten it for what is archived.',
  );
  if (retention !== undefined && bucket !== undefined) {
    const fix = 'The retention of a bucket of your own is set on it: leave this one out.';
    problems.push({ what: 'audit.retention', got: new Words('a duration beside audit.bucket'), allowed: 'one of the two', fix });
  }
  return problems;
}

function reservationProblems(options: ReservedConcurrencyOptions = {}): Problem[] {
  return Object.entries(options).flatMap(([name, executions]) =>
    wholeNumber(
      `functions.reservedConcurrency.${name}`,
      executions,
      1,
      MOST_EXECUTIONS,
      'It is the most that run at once: with none, the function never runs.',
    ),
  );
}

function networkProblems({ vpc, cluster, edge, interfaceEndpoints }: McpFleetProps): Problem[] {
  const given = vpc ?? cluster?.vpc;
  if (given === undefined) return [];
  const problems: Problem[] = [];
  if (interfaceEndpoints !== undefined) {
    const fix = 'What a VPC of your own has is yours to say: leave it out, and write vpc.addInterfaceEndpoint(…).';
    problems.push({ what: 'interfaceEndpoints', got: interfaceEndpoints, allowed: 'nothing beside vpc or cluster', fix });
  }
  const { isPublic, api, listener, clients } = edge._spec;
  if (!isPublic && api === undefined && listener === undefined && clients === undefined && cidrOf(given) === undefined) {
    const got = new Words(`missing, and the addresses of ${given.node?.path ?? 'the VPC'} are not known`);
    const fix = 'Give clients: [Peer.ipv4(…)], or import the VPC with its vpcCidrBlock, or by Vpc.fromLookup(…).';
    problems.push({ what: 'edge clients', got, allowed: 'from where agents come', fix });
  }
  return problems;
}

/** The range of an imported VPC is known only where the import tells it. */
function cidrOf(vpc: ec2.IVpc): string | undefined {
  try {
    return vpc.vpcCidrBlock;
  } catch {
    return undefined; // said by the import, as an error
  }
}

function originProblems(origin: string): Problem[] {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return [];
  const allowed = 'scheme, host and port as browsers send them, such as https://console.acme.example';
  return [{ what: 'allowedOrigins', got: origin, allowed, fix: 'Leave out the path and the trailing slash; * is not an origin.' }];
}
