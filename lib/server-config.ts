import { Duration } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { DEFAULT_RECOVERY, type ServerConfig } from '../core/fleet-config';
import { type AddServerProps, Affinity, OnLoss } from './server-props';
import type { RemoteRuntimeProps } from './server-runtime';

/** What the gateway is told of a server that the fleet runs. */
export function hostedConfig(props: AddServerProps, sidecarKey: ISecret): ServerConfig {
  const { onLoss = OnLoss.SURFACE, affinity = Affinity.NONE } = props.sessions ?? {};
  return { sidecarKeySecret: sidecarKey.secretArn, onLoss, affinity, ...declared(props) };
}

/** What the gateway is told of a server outside the fleet. */
export function remoteConfig(
  props: AddServerProps,
  { url, rateLimitsBeforeExecution, certificateAuthorities }: RemoteRuntimeProps,
): ServerConfig {
  const remote = {
    ...(rateLimitsBeforeExecution === true && { rateLimitsBeforeExecution }),
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
  };
  return { remoteUrl: url, ...(Object.keys(remote).length > 0 && { remote }), ...declared(props) };
}

/** What the operator says of any server, wherever it runs. */
function declared(props: AddServerProps): Pick<ServerConfig, Declared> {
  const { tools = {}, methods = [], finalErrors = [], outcomeTool, trustAnnotations, recovery } = props;
  const { attempts = DEFAULT_RECOVERY.attempts, within = Duration.seconds(DEFAULT_RECOVERY.seconds) } = recovery ?? {};
  return {
    ...(outcomeTool === true && { outcomeTool }),
    ...(trustAnnotations === true && { trustAnnotations }),
    ...(recovery !== undefined && { recovery: { attempts, seconds: within.toSeconds() } }),
    ...(methods.length > 0 && { methods: Object.fromEntries(methods.map(({ name, _config }) => [name, _config])) }),
    ...(finalErrors.length > 0 && { finalErrors }),
    tools: Object.fromEntries(Object.entries(tools).map(([tool, policy]) => [tool, policy._config])),
  };
}

type Declared = 'tools' | 'methods' | 'finalErrors' | 'outcomeTool' | 'trustAnnotations' | 'recovery';
