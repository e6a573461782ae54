import { Token } from 'aws-cdk-lib';
import { SERVER_NAME } from '../core/fleet-config';
import { OUTCOME_TOOL } from '../core/outcome-tool';
import { checkProblems } from './check-problems';
import { delayOf, delayProblems, deploymentProblems, deployWithinOf, drainOf, longestCallProblems } from './deregistration';
import { environmentProblems } from './environment-problems';
import { memberProblems } from './kinds';
import { methodProblems } from './method-problems';
import { matching, type Problem, wholeNumber } from './problems';
import { runtimeProblems } from './runtime-problems';
import { zeroProblems } from './scale-to-zero';
import type { AddServerProps } from './server-props';
import { ADD_SERVER } from './server-shape';
import { slotProblems } from './slots';
import { taskSizeProblems } from './task-size';
import { asProperty, declaredToolProblems } from './tool-names';
import type { ToolPolicy } from './tool-policy';

/** Fargate kills a container 120 s after SIGTERM at the latest (ECS: `stopTimeout`); the sidecar must be done before. */
export const MAX_STOP_SECONDS = 120;
/** What a sidecar gets beyond its drain to close what is left and exit. */
export const STOP_MARGIN_SECONDS = 10;
/** CloudFormation gives a service up that is not steady after three hours; tasks must start before, and calls finish after. */
const MAX_DEPLOY_MINUTES = 150;
/** An instance of a deployment is given up before CloudFormation gives up the deployment, after three hours. */
const MAX_START_GRACE = 7_200;
/** Each is looked after every 15 s, and made anew now and then. */
const MAX_WARM = 100;

export function serverNameProblems(name: string): Problem[] {
  const allowed = '1 to 31 characters a-z, 0-9 and -, a letter first';
  return matching('server name', name, SERVER_NAME, allowed, 'It is a path segment of the URL: choose a short word.');
}

/** What is wrong with a server as it was declared: first what cannot be read at all. */
export function serverProblems(name: string, props: AddServerProps): Problem[] {
  const unreadable = unreadableProblems(props);
  if (unreadable.length > 0) return unreadable;
  const { runtime, tools = {} } = props;
  return [
    ...runtimeProblems(runtime._spec),
    ...(runtime._spec.kind === 'remote' ? effectlessProblems(props) : capacityProblems(props)),
    ...warmCredentialProblems(props),
    ...serverLogProblems(props),
    ...longestCallProblems(props),
    ...declaredToolProblems(Object.keys(tools)),
    ...policyProblems(tools),
    ...methodProblems(props.methods ?? []),
    ...finalErrorProblems(props.finalErrors ?? []),
    ...(props.approvedTools?._problems(name) ?? []),
    ...recoveryProblems(props),
    ...outcomeToolProblems(props),
    ...environmentProblems(props),
    ...checkProblems(props.checks, props.tools),
  ];
}

function unreadableProblems(props: AddServerProps): Problem[] {
  const problems = memberProblems('props', props, ADD_SERVER, '');
  if (problems.length > 0) return problems;
  const { runtime, methods = [], secrets = [] } = props;
  return [
    ...runtime._unreadable,
    ...methods.flatMap((method, at) => method._problems(`methods[${at}]`)),
    ...secrets.flatMap((secret, at) => secret._problems(`secrets[${at}]`)),
  ];
}

function capacityProblems(props: AddServerProps): Problem[] {
  const { sessions, scaling, drain, startGrace, deployWithin, taskSize } = props;
  const { minInstances, maxInstances } = scaling ?? {};
  const most = MAX_STOP_SECONDS - STOP_MARGIN_SECONDS;
  const problems = [
    ...wholeNumber('sessions.perInstance', sessions?.perInstance, 1, 10_000, 'It is the most slots in use at once on one instance.'),
    ...wholeNumber('sessions.warm', sessions?.warm, 0, MAX_WARM, 'It is how many are kept ready on one instance: 0 keeps none.'),
    ...wholeNumber('sessions.queue.length', sessions?.queue?.length, 1, 10_000, 'It is the most requests that wait at each gateway.'),
    ...wholeNumber(
      'sessions.queue.wait',
      sessions?.queue?.wait?.toSeconds({ integral: false }),
      1,
      55,
      'It is in seconds, and SDK clients give a request up after 60 s.',
    ),
    ...wholeNumber('scaling.minInstances', minInstances, 0, 5000, 'With 0 a server that nobody uses has no instance.'),
    ...wholeNumber('scaling.maxInstances', maxInstances, 1, 5000, 'ECS runs at most 5000 tasks in a service.'),
    ...wholeNumber(
      'scaling.targetUtilization',
      scaling?.targetUtilization,
      10,
      80,
      'Above 80 new sessions find no room while an instance starts.',
    ),
    ...wholeNumber(
      'drain',
      drain?.toSeconds({ integral: false }),
      1,
      most,
      `ECS kills a Fargate task ${MAX_STOP_SECONDS} s after SIGTERM.`,
    ),
    ...wholeNumber(
      'startGrace',
      startGrace?.toSeconds({ integral: false }),
      0,
      MAX_START_GRACE,
      'It is in seconds: an instance that is not healthy by then is replaced.',
    ),
    ...wholeNumber(
      'deployWithin',
      deployWithin?.toMinutes({ integral: false }),
      1,
      MAX_DEPLOY_MINUTES,
      'It is in minutes, and CloudFormation waits for a deployment at most three hours.',
    ),
  ];
  if (problems.length === 0) problems.push(...endingProblems(props));
  problems.push(...zeroProblems(props));
  const sizes = taskSizeProblems('taskSize', taskSize);
  problems.push(...(sizes.length > 0 ? sizes : slotProblems(props)));
  if (minInstances !== undefined && maxInstances !== undefined && minInstances > maxInstances) {
    const allowed = `at least minInstances (${minInstances})`;
    problems.push({ what: 'scaling.maxInstances', got: maxInstances, allowed, fix: 'Raise it, or lower minInstances.' });
  }
  return problems;
}

/** A call that may take longer than the load balancer waits is cut by every deployment. */
function cutProblems({ longestCall, deregistrationDelay }: AddServerProps): Problem[] {
  if (longestCall === undefined || deregistrationDelay === undefined) return [];
  const [call, delay] = [longestCall.toSeconds({ integral: false }), deregistrationDelay.toSeconds()];
  if (call <= delay) return [];
  const fix = 'Calls that run are cut when it is over: lengthen deregistrationDelay, or leave it out.';
  return [{ what: 'longestCall', got: call, allowed: `at most deregistrationDelay (${delay} s)`, fix }];
}

/** What an instance is given to end in: first the load balancer's delay, then, from SIGTERM on, `drain`. */
function endingProblems(props: AddServerProps): Problem[] {
  const drain = drainOf(props).toSeconds();
  const why = `It is at least drain (${drain} s): what is open is cut when it ends, and only then comes SIGTERM.`;
  const problems = delayProblems('deregistrationDelay', props.deregistrationDelay, drain, why);
  if (problems.length === 0) problems.push(...cutProblems(props));
  return problems.length > 0 ? problems : deploymentProblems(deployWithinOf(props), delayOf(props), drain + STOP_MARGIN_SECONDS);
}

/** The sidecar, which would open them, has no credential. */
function warmCredentialProblems({ runtime: { _spec: spec }, sessions }: AddServerProps): Problem[] {
  if (spec.kind !== 'http' || spec.credential === undefined || !sessions?.warm) return [];
  const fix = 'Only the gateway has the credential, and no session can be opened ahead without: leave one of the two out.';
  return [{ what: 'sessions.warm', got: sessions.warm, allowed: '0 beside a credential', fix }];
}

/** Children have no container, and no lines, of their own. */
function serverLogProblems({ runtime: { _spec: spec }, serverLogGroup }: AddServerProps): Problem[] {
  if (spec.kind !== 'stdio' || serverLogGroup === undefined) return [];
  const fix = 'What its children say stands in lines of the sidecar: hand in logGroup, or leave it out.';
  return [{ what: 'serverLogGroup', got: serverLogGroup, allowed: 'nothing on a stdio server', fix }];
}

function policyProblems(tools: { readonly [name: string]: ToolPolicy }): Problem[] {
  const reads = Object.keys(tools).filter((tool) => tools[tool]?._onlyReads);
  return Object.entries(tools).flatMap(([tool, policy]) => policy._problems(`tools.${asProperty(tool)}`, reads));
}

function recoveryProblems({ recovery }: AddServerProps): Problem[] {
  const within = recovery?.within?.toSeconds({ integral: false });
  return [
    ...wholeNumber('recovery.attempts', recovery?.attempts, 1, 20, 'It counts the first attempt: 1 means no recovery.'),
    ...wholeNumber('recovery.within', within, 1, 600, 'Agents wait for it: SDK clients give up after 60 s.'),
  ];
}

function finalErrorProblems(codes: readonly number[]): Problem[] {
  return codes
    .filter((code) => !Token.isUnresolved(code) && !Number.isSafeInteger(code))
    .map((got) => ({
      what: 'finalErrors',
      got,
      allowed: 'whole numbers',
      fix: 'Write the `code` of the JSON-RPC errors (JSON-RPC 2.0, section 5.1).',
    }));
}

/** A property that would have no effect is refused rather than ignored. */
function effectlessProblems({ secrets, ...props }: AddServerProps): Problem[] {
  const names = secrets?.map(({ name }) => name);
  const { sessions, scaling, environment, taskSize, deregistrationDelay, drain, startGrace, deployWithin, logGroup, serverLogGroup } =
    props;
  const ending = { deregistrationDelay, drain, startGrace, deployWithin };
  return Object.entries({ sessions, scaling, secrets: names, environment, taskSize, ...ending, logGroup, serverLogGroup })
    .filter(([, value]) => value !== undefined)
    .map(([what, got]) => ({ what, got, allowed: 'nothing on a remote server', fix: 'The fleet runs no instance of it: leave it out.' }));
}

/** The gateway's own tool has its policy from us; a declaration of it would have no effect. */
function outcomeToolProblems({ tools, outcomeTool }: AddServerProps): Problem[] {
  if (outcomeTool !== true || !Object.hasOwn(tools ?? {}, OUTCOME_TOOL)) return [];
  const fix = "With outcomeTool it is the gateway's own, and only reads: leave it out.";
  return [{ what: 'tools', got: OUTCOME_TOOL, allowed: 'names of tools of the server', fix }];
}
