import { Duration } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { DEFAULT_RECOVERY, type ServerConfig } from '../core/fleet-config';
import { LONGEST_STREAM_SECONDS, streamAgeSeconds } from './deregistration';
import { queueOf } from './queue';
import { scalesToZero } from './scale-to-zero';
import { type AddServerProps, Affinity, OnLoss } from './server-props';
import type { RemoteRuntimeProps } from './server-runtime';

/** What the gateway is told of a server that the fleet runs. */
export function hostedConfig(name: string, props: AddServerProps, sidecarKey: ISecret): ServerConfig {
  const { onLoss = OnLoss.SURFACE, affinity = Affinity.NONE, queue } = props.sessions ?? {};
  const isZero = scalesToZero(props.scaling);
  return {
    sidecarKeySecret: sidecarKey.secretArn,
    onLoss,
    affinity,
    ...((queue !== undefined || isZero) && { queue: queueOf(props) }),
    ...(isZero && { scalesToZero: true }),
    ...declared(name, props),
  };
}

/** What the gateway is told of a server outside the fleet. */
export function remoteConfig(
  name: string,
  props: AddServerProps,
  { url, rateLimitsBeforeExecution, certificateAuthorities, warm = 0 }: RemoteRuntimeProps,
  gatewayDelay: Duration,
): ServerConfig {
  const remote = {
    ...(rateLimitsBeforeExecution === true && { rateLimitsBeforeExecution }),
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
    ...(warm !== 0 && { warm }),
  };
  const age = streamAgeSeconds(gatewayDelay, gatewayDelay);
  return {
    remoteUrl: url,
    ...(age < LONGEST_STREAM_SECONDS && { streamAgeSeconds: age }),
    ...(Object.keys(remote).length > 0 && { remote }),
    ...declared(name, props),
  };
}

/** What the operator says of any server, wherever it runs. */
function declared(name: string, props: AddServerProps): Pick<ServerConfig, Declared> {
  const {
    tools = {},
    methods = [],
    finalErrors = [],
    outcomeTool,
    trustAnnotations,
    approvedTools,
    recovery,
    longestCall,
    listenAge,
  } = props;
  const { attempts = DEFAULT_RECOVERY.attempts, within = Duration.seconds(DEFAULT_RECOVERY.seconds) } = recovery ?? {};
  return {
    ...(longestCall !== undefined && { longestCallSeconds: longestCall.toSeconds() }),
    ...(listenAge !== undefined && { listenSeconds: listenAge.toSeconds() }),
    ...(outcomeTool === true && { outcomeTool }),
    ...(trustAnnotations === true && { trustAnnotations }),
    ...(approvedTools !== undefined && { pins: approvedTools._pins(name) }),
    ...(recovery !== undefined && { recovery: { attempts, seconds: within.toSeconds() } }),
    ...(methods.length > 0 && { methods: Object.fromEntries(methods.map(({ name, _config }) => [name, _config])) }),
    ...(finalErrors.length > 0 && { finalErrors }),
    tools: Object.fromEntries(Object.entries(tools).map(([tool, policy]) => [tool, policy._config])),
  };
}

type Declared =
  | 'longestCallSeconds'
  | 'listenSeconds'
  | 'tools'
  | 'methods'
  | 'finalErrors'
  | 'outcomeTool'
  | 'trustAnnotations'
  | 'pins'
  | 'recovery';
