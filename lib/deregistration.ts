import { Duration } from 'aws-cdk-lib';
import { DEFAULT_DEPLOY_WITHIN_SECONDS, LONGEST_CALL_SECONDS } from '../core/fleet-config';
import { type Problem, wholeNumber } from './problems';
import type { AddServerProps } from './server-props';

/** Longest deregistration delay of a target group (Elastic Load Balancing). */
const MAX_DELAY_SECONDS = 3_600;
/** What CloudFormation leaves a service of its three hours: new tasks must start before, within ten minutes. */
const DEPLOYMENT_MINUTES = 170;
/** A stream that is opened anew costs a request of the agent's; once in so many seconds is nothing. */
const LONGEST_STREAM_SECONDS = 300;

type Ending = Pick<AddServerProps, 'drain' | 'deployWithin' | 'deregistrationDelay'>;

export function drainOf({ drain }: Ending): Duration {
  return drain ?? Duration.seconds(110);
}

export function deployWithinOf({ deployWithin }: Ending): Duration {
  return deployWithin ?? Duration.seconds(DEFAULT_DEPLOY_WITHIN_SECONDS);
}

/** How long a load balancer lets what is open on a target that leaves it go on before it cuts it. */
export function delayOf({ deregistrationDelay }: Pick<Ending, 'deregistrationDelay'> = {}): Duration {
  return deregistrationDelay ?? Duration.seconds(LONGEST_CALL_SECONDS);
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

/** The stages of an instance's end come one after the other, and CloudFormation waits for the last one. */
export function deploymentProblems(deployWithin: Duration, delay: Duration, stopSeconds: number): Problem[] {
  if ([deployWithin, delay].some((duration) => duration.isUnresolved())) return [];
  const most = Math.floor(DEPLOYMENT_MINUTES - (delay.toSeconds() + stopSeconds) / 60);
  const got = deployWithin.toMinutes({ integral: false });
  if (got <= most) return [];
  const allowed = `at most ${most}, in minutes, with a deregistrationDelay of ${delay.toSeconds()} s`;
  return [{ what: 'deployWithin', got, allowed, fix: 'CloudFormation gives up after three hours: shorten one of the two.' }];
}
