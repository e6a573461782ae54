import { randomUUID } from 'node:crypto';
import { LocalAccountError } from '../account-error';
import type { LocalFunction } from '../lambda/local-function';
import type { Machinery } from '../machinery';
import { lendAsset } from './lent-asset';
import { arn, type Created, HalfDone, type Provisioner, type ResourceRequest } from './provisioner';

/** AWS::CloudFormation::CustomResource and Custom::…: any properties beside these. */
interface CustomResourceProperties {
  readonly ServiceToken: string;
  readonly [name: string]: unknown;
}

/**
 * Runs the function of a custom resource as CloudFormation does (custom resource request objects): Create; Update with the
 * properties of before; Delete, also of the physical resource that an update has replaced.
 */
export const customResource: Provisioner<CustomResourceProperties> = {
  phase: 'functions',
  noun: ['custom resource', 'custom resources'],
  honours: ['*'],
  ignores: [],
  survives: true,
  create: async (request, machinery) => {
    lendAsset(request, machinery);
    return send({ RequestType: 'Create' }, request, machinery);
  },
  update: async (request, { ref, properties }, machinery) => {
    lendAsset(request, machinery);
    const old = { PhysicalResourceId: ref, OldResourceProperties: asText(machinery.ecs.addresses.rewriteAll(properties)) };
    return send({ RequestType: 'Update', ...old }, request, machinery);
  },
  delete: async (existing, machinery) => {
    // Of a stack that does not stand any more, its function has gone with the run that made it: there is nobody to ask.
    if (machinery.functions.find(existing.properties.ServiceToken) === undefined) return;
    await send({ RequestType: 'Delete', PhysicalResourceId: existing.ref }, existing, machinery);
  },
};

type CustomResource = Pick<ResourceRequest<CustomResourceProperties>, 'address' | 'stack' | 'resource' | 'properties' | 'path'>;

interface Asked {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly PhysicalResourceId?: string;
  readonly OldResourceProperties?: unknown;
}

/** @throws HalfDone with the reason that its function gave */
async function send(asked: Asked, { properties, stack, address, resource, path }: CustomResource, machinery: Machinery): Promise<Created> {
  const fn = machinery.functions.find(properties.ServiceToken);
  if (!fn)
    throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a function that does not exist here: ${properties.ServiceToken}.`);
  const RequestId = randomUUID();
  const event = {
    ...asked,
    RequestId,
    StackId: arn(stack, 'cloudformation', `stack/${stack.name}/local`),
    ResourceType: resource.Type,
    LogicalResourceId: address.logicalId,
    ServiceToken: properties.ServiceToken,
    ResourceProperties: asText(machinery.ecs.addresses.rewriteAll(properties)),
  };
  // CloudFormation makes one, too, for what its function has given none.
  const made = `${stack.name}-${address.logicalId}-${RequestId.slice(-12).toUpperCase()}`;
  const answer = await inTurn(fn, () => {
    // Its time begins with its turn: of sixty servers the last would have none left.
    const { url, response } = machinery.awsEndpoint.expectResponse();
    const over = fn.invoke(JSON.stringify({ ...event, ResponseURL: url }));
    const failed = over.then(({ error, payload }) => {
      if (error) throw new Error(`its function failed: ${payload}`);
      return response;
    });
    return { answer: Promise.race([response, failed]), over };
  }).catch((cause: Error) => {
    throw new HalfDone(`${path} (${resource.Type}): ${cause.message}`, asked.PhysicalResourceId ?? made, { cause });
  });
  const { Status, Reason = 'no reason given', PhysicalResourceId: given, Data = {} } = answer;
  if (Status === 'SUCCESS') return { ref: given ?? asked.PhysicalResourceId ?? made, attribute: (name) => Data[name], data: Data };
  // An Update that failed has made no other one.
  throw new HalfDone(`${path} (${resource.Type}) failed: ${Reason}`, asked.PhysicalResourceId ?? given ?? made);
}

const turns = new WeakMap<LocalFunction, Promise<unknown>>();

/** One after the other in one warm worker: faster than a cold one for each. */
function inTurn<T>(
  fn: LocalFunction,
  run: () => { readonly answer: Promise<T> /** When the next one may begin. */; readonly over: Promise<unknown> },
): Promise<T> {
  const turn = (turns.get(fn) ?? Promise.resolve()).then(run);
  turns.set(
    fn,
    turn.then(({ over }) => over).catch(() => undefined),
  );
  return turn.then(({ answer }) => answer);
}

/** CloudFormation hands numbers and booleans to custom resources as text. */
function asText(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
}
