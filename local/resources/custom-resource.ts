import { randomUUID } from 'node:crypto';
import { LocalAccountError } from '../account-error';
import type { CustomResourceResponse } from '../aws-endpoint';
import type { LocalFunction } from '../lambda/local-function';
import { arn, type Provisioner } from './provisioner';

/** AWS::CloudFormation::CustomResource and Custom::…: any properties beside these. */
interface CustomResourceProperties {
  readonly ServiceToken: string;
  readonly [name: string]: unknown;
}

/**
 * Runs the function of a custom resource with RequestType Create, in every run: a function that brings a state about
 * does so whatever an earlier run has left.
 */
export const customResource: Provisioner<CustomResourceProperties> = {
  phase: 'functions',
  noun: ['custom resource', 'custom resources'],
  honours: ['*'],
  ignores: [],
  create: async ({ properties, stack, address, resource, path }, machinery) => {
    const fn = machinery.functions.find(properties.ServiceToken);
    if (!fn)
      throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a function that does not exist here: ${properties.ServiceToken}.`);
    const { url, response } = machinery.awsEndpoint.expectResponse();
    const event = {
      RequestType: 'Create',
      RequestId: randomUUID(),
      ResponseURL: url,
      StackId: arn(stack, 'cloudformation', `stack/${stack.name}/local`),
      ResourceType: resource.Type,
      LogicalResourceId: address.logicalId,
      ServiceToken: properties.ServiceToken,
      ResourceProperties: asText(machinery.ecs.addresses.rewriteAll(properties)),
    };
    const failed = inTurn(fn, () => fn.invoke(JSON.stringify(event))).then(({ error, payload }) => {
      if (error) throw new Error(`its function failed: ${payload}`);
      return response;
    });
    const answer = await Promise.race([response, failed]).catch((cause: Error) => {
      throw new LocalAccountError('CREATE_FAILED', `${path} (${resource.Type}): ${cause.message}`, { cause });
    });
    return created(answer, path, resource.Type, address.logicalId);
  },
};

const turns = new WeakMap<LocalFunction, Promise<unknown>>();

/** One after the other in one warm worker: faster than a cold one for each. */
function inTurn<T>(fn: LocalFunction, run: () => Promise<T>): Promise<T> {
  const turn = (turns.get(fn) ?? Promise.resolve()).then(run);
  turns.set(fn, turn);
  return turn;
}

function created(answer: CustomResourceResponse, path: string, type: string, logicalId: string) {
  if (answer.Status !== 'SUCCESS')
    throw new LocalAccountError('CREATE_FAILED', `${path} (${type}) failed: ${answer.Reason ?? 'no reason given'}`);
  return { ref: answer.PhysicalResourceId ?? logicalId, attribute: (name: string) => answer.Data?.[name] };
}

/** CloudFormation hands numbers and booleans to custom resources as text. */
function asText(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
}
