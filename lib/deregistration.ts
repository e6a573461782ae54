import { Duration } from 'aws-cdk-lib';
import { API_LIMITS } from '../core/api-gateway';
import { DEFAULT_DEPLOY_WITHIN_SECONDS, LONGEST_CALL_SECONDS } from '../core/fleet-config';
import { type Problem, wholeNumber } from './problems';
import { queueOf } from './queue';
import type { AddServerProps } from './server-props';

/** Longest deregistration delay of a target group (Elastic Load Balancing). */
const MAX_DELAY_SECONDS = 3_600;
/** What CloudFormation leaves a service of its three hours: new tasks must start before, within ten minutes. */
const DEPLOYMENT_MINUTES = 170;
/** A stream that is opened anew costs a request of the agent's; once in so many seconds is nothing. */
export const LONGEST_STREAM_SECONDS = 300;

type Ending = Pick<AddServerProps, 'drain' | 'deployWithin' | 'deregistrationDelay' | 'longestCall'>;

export function drainOf({ drain }: Ending): Duration {
  return drain ?? Duration.seconds(110);
}

export function deployWithinOf({ deployWithin }: Ending): Duration {
  return deployWithin ?? Duration.seconds(DEFAULT_DEPLOY_WITHIN_SECONDS);
}

/** How long a load balancer lets what is open on a target that leaves it go on before it cuts it. */
export function delayOf({ deregistrationDelay, longestCall, drain }: Omit<Ending, 'deployWithin'> = {}): Duration {
  if (deregistrationDelay !== undefined) return deregistrationDelay;
  if (longestCall === undefined) return Duration.seconds(LONGEST_CALL_SECONDS);
  return Duration.seconds(Math.max(longestCall.toSeconds(), drainOf({ drain }).toSeconds()));
}

/** Age at which GET streams end: soon enough that neither of the two tiers which they pass waits for them to its end. */
export function streamAgeSeconds(serverDelay: Duration, gatewayDelay: Duration): number {
  const delay = Math.min(serverDelay.toSeconds(), gatewayDelay.toSeconds());
  return Math.max(Math.floor(Math.min(delay / 2, LONGEST_STREAM_SECONDS)), 1);
}

/** @param what the property's name @param least seconds, and why */
export function delayProblems(what: string, delay: Duration | undefined, least: number, why: string): Problem[] {
  return wholeNumber(what, delay?.toSeconds({ integral: false }), least, MAX_DELAY_SECONDS, `It is in seconds. ${why}`);
}

/** What is said of the longest call of a server, wherever it runs. */
export function longestCallProblems({ longestCall, listenAge }: Pick<AddServerProps, 'longestCall' | 'listenAge'>): Problem[] {
  const seconds = longestCall?.toSeconds({ integral: false });
  return [
    ...wholeNumber('longestCall', seconds, 1, LONGEST_CALL_SECONDS, 'It is in seconds, and no edge lets an answer take longer.'),
    ...wholeNumber('listenAge', listenAge?.toSeconds({ integral: false }), 10, 86_400, 'It is in seconds.'),
  ];
}

/** A call may wait for its slot before it begins, and API Gateway counts from its first byte. */
export function answeredInTimeProblems({ longestCall, runtime, ...props }: AddServerProps): Problem[] {
  if (longestCall === undefined) return [];
  const isRemote = runtime._spec.kind === 'remote';
  const wait = isRemote ? 0 : queueOf(props).seconds;
  const most = API_LIMITS.answerSeconds - wait;
  if (longestCall.toSeconds() <= most) return [];
  const allowed = `at most ${most} s behind FleetEdge.apiGateway, which ends an answer ${API_LIMITS.answerSeconds} s after its request, the wait for a slot included`;
  return [{ what: 'longestCall', got: longestCall.toSeconds(), allowed, fix: 'Shorten it, or sessions.queue.wait.' }];
}

/** The stages of an instance's end come one after the other, and CloudFormation waits for the last one. */
export function deploymentProblems(deployWithin: Duration, delay: Duration, stopSeconds: number): Problem[] {
  if ([deployWithin, delay].some((duration) => duration.isUnresolved())) return [];
  const most = Math.floor(DEPLOYMENT_MINUTES - (delay.toSeconds() + stopSeconds) / 60);
  const got = deployWithin.toMinutes({ integral: false });
  if (got <= most) return [];
  const allowed = `at most ${most}, in minutes, with a deregistrationDelay of ${delay.toSeconds()} s`;
  return [{ what: 'deployWithin', got, allowed, fix: 'CloudFormation gives up after three hours: shorten one of the two.' }];
}
