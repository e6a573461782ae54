import { SizeRoundingBehavior } from 'aws-cdk-lib';
import type { RequestLimitsConfig } from '../core/fleet-config';
import { REQUEST_LIMIT_RANGES } from '../core/request-limits';
import type { RequestLimits } from './gateway-options';
import { type Problem, wholeNumber } from './problems';

/** What is wrong with the bounds of a request: each can be made tighter, and none wider than the gateway has room for. */
export function requestLimitProblems(limits: RequestLimits = {}): Problem[] {
  const { bodyBytes, depth, values, headSeconds, requestSeconds } = REQUEST_LIMIT_RANGES;
  const head = limits.headTime?.toSeconds({ integral: false });
  const request = limits.requestTime?.toSeconds({ integral: false });
  const [leastBody, mostBody] = bodyBytes;
  const bodyKibibytes = limits.bodySize?.toKibibytes({ rounding: SizeRoundingBehavior.NONE });
  return [
    ...wholeNumber('gateway.requestLimits.bodySize', bodyKibibytes, leastBody / 1024, mostBody / 1024, 'It is counted in KiB.'),
    ...wholeNumber('gateway.requestLimits.depth', limits.depth, ...depth, 'Leave it out for the most.'),
    ...wholeNumber('gateway.requestLimits.values', limits.values, ...values, 'Leave it out for the most.'),
    ...wholeNumber('gateway.requestLimits.headTime', head, ...headSeconds, 'It is counted in seconds.'),
    ...wholeNumber(
      'gateway.requestLimits.requestTime',
      request,
      Math.max(requestSeconds[0], Math.ceil(head ?? 0)),
      requestSeconds[1],
      'It is counted in seconds, and a head is a part of its request.',
    ),
  ];
}

/** As the gateway is told. */
export function requestLimitsConfig(limits: RequestLimits | undefined): RequestLimitsConfig | undefined {
  if (limits === undefined) return undefined;
  const { bodySize, depth, values, headTime, requestTime } = limits;
  return {
    ...(bodySize !== undefined && { bodyBytes: bodySize.toKibibytes() * 1024 }),
    ...(depth !== undefined && { depth }),
    ...(values !== undefined && { values }),
    ...(headTime !== undefined && { headSeconds: headTime.toSeconds() }),
    ...(requestTime !== undefined && { requestSeconds: requestTime.toSeconds() }),
  };
}
