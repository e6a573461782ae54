import type { FunctionConfiguration } from '../../lambda/function-settings';
import { lambdaFunction, runtimeProblem } from '../../resources/function';
import { refusedProperties } from '../../resources/provisioner';
import { AwsError, notImplemented } from '../aws-error';
import { type JsonRequest, structureOf, textOf } from '../json-service';

const MOST_SECONDS = 900;

/** A configuration with what UpdateFunctionConfiguration says; what stacks may not say of a function is refused here, too. */
export function changedConfiguration(
  before: FunctionConfiguration,
  { FunctionName: _, RevisionId: __, ...request }: JsonRequest,
  name: string,
): FunctionConfiguration {
  const [refused] = refusedProperties(lambdaFunction, request);
  if (refused !== undefined) throw notImplemented(`${refused} of lambda:UpdateFunctionConfiguration`);
  const runtime = textOf(request, 'Runtime') ?? before.runtime;
  if (!runtime.startsWith('nodejs')) throw notImplemented(runtimeProblem(runtime, name));
  const environment = structureOf(request, 'Environment');
  const variables = environment && (structureOf(environment, 'Variables') ?? {});
  const description = textOf(request, 'Description') ?? before.description;
  return {
    runtime,
    handler: textOf(request, 'Handler') ?? before.handler,
    timeoutSeconds: numberOf(request, 'Timeout', MOST_SECONDS) ?? before.timeoutSeconds,
    memorySize: numberOf(request, 'MemorySize') ?? before.memorySize,
    variables: variables ? textsOf(variables) : before.variables,
    ...(description !== undefined && { description }),
  };
}

function numberOf(request: JsonRequest, name: string, most = Number.POSITIVE_INFINITY): number | undefined {
  const value = request[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= most) return value;
  throw new AwsError('InvalidParameterValueException', `${JSON.stringify(value)} is no value of ${name}.`);
}

function textsOf(variables: JsonRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, textOf(variables, name) ?? '']));
}
