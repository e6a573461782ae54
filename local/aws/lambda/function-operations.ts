import { functionSettings } from '../../lambda/function-settings';
import type { LocalFunction } from '../../lambda/local-function';
import type { Machinery } from '../../machinery';
import { AwsError, notImplemented } from '../aws-error';
import { type JsonRequest, requiredText, textOf } from '../json-service';
import type { IsNameOnly } from '../name-only';
import { page } from '../pages';
import { changedConfiguration } from './configuration';
import { codeFolder } from './function-code';

export type FunctionOperations = Readonly<Record<ActionName, (id: string, request: JsonRequest) => Promise<object> | object>>;
type ActionName =
  | 'ListFunctions'
  | 'GetFunction'
  | 'GetFunctionConfiguration'
  | 'UpdateFunctionCode'
  | 'UpdateFunctionConfiguration'
  | 'PublishVersion'
  | 'UpdateAlias';

/** A version that was published last, and the revision of the function that it is a copy of. */
interface Published {
  readonly version: number;
  readonly revision: string;
}

/**
 * The actions on functions. A change is there at once, and only its stack takes it back: the next deployment that changes the
 * function, or its end.
 */
export function functionOperations(machinery: Machinery, isNameOnly: IsNameOnly): FunctionOperations {
  const { functions } = machinery;
  const published = new Map<string, Published>();
  const known = (id: string): LocalFunction => {
    const found = functions.find(id);
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${id}`, 404);
  };
  const publish = (fn: LocalFunction): object => {
    const { name } = fn.settings;
    const last = published.get(name);
    const version = (last?.version ?? 0) + (last?.revision === fn.revision ? 0 : 1);
    published.set(name, { version, revision: fn.revision });
    return described(fn, String(version));
  };
  const change = (fn: LocalFunction, settings: LocalFunction['settings'], request: JsonRequest): object => {
    const changed = fn.changed(settings);
    if (request.DryRun === true) return described(changed);
    functions.put(changed);
    return request.Publish === true ? publish(changed) : described(changed);
  };
  const operations: FunctionOperations = {
    ListFunctions: (_, request) => {
      const token = textOf(request, 'Marker');
      const { items, nextToken } = page(functions.all(), ({ settings }) => settings.name, { list: 'ListFunctions', token, size: 50 });
      return { Functions: items.map((fn) => described(fn)), NextMarker: nextToken };
    },
    GetFunction: (id) => ({ Configuration: described(known(id)), Code: { RepositoryType: 'S3' } }),
    GetFunctionConfiguration: (id) => described(known(id)),
    UpdateFunctionCode: async (id, request) => {
      requireRevision(known(id), request);
      const folder = await codeFolder(request, machinery);
      const { settings } = known(id);
      return change(known(id), functionSettings({ ...settings, folder }, machinery.ecs), request);
    },
    UpdateFunctionConfiguration: (id, request) => {
      const fn = requireRevision(known(id), request);
      const configuration = changedConfiguration(fn.settings.configuration, request, fn.settings.name);
      return change(fn, functionSettings({ ...fn.settings, configuration }, machinery.ecs), {});
    },
    PublishVersion: (id, request) => publish(requireRevision(known(id), request)),
    // Aliases and versions are names: whatever is invoked by one is the function as it is now.
    UpdateAlias: (id, request) => {
      const { settings, revision } = known(id);
      const version = textOf(request, 'FunctionVersion');
      if (request.RoutingConfig !== undefined) throw notImplemented('RoutingConfig of lambda:UpdateAlias');
      const last = published.get(settings.name);
      if (version !== undefined && version !== '$LATEST' && version !== String(last?.version))
        throw notImplemented(`an alias of version ${version}, which is not the last one that was published`);
      return { ...alias(settings.arn, request), FunctionVersion: version ?? '$LATEST', RevisionId: revision };
    },
  };
  const { region, account } = machinery.ecs;
  const withNames = Object.entries(operations).map(([action, operation]) => [
    action,
    (id: string, request: JsonRequest) => {
      if (id === '' || functions.find(id) || !isNameOnly('AWS::Lambda::Function', id)) return operation(id, request);
      return describedName(action, `arn:aws:lambda:${region}:${account}:function:${id}`, request);
    },
  ]);
  return Object.fromEntries(withNames) as FunctionOperations;
}

/** A function that does not run here: its name is all that there is to tell, and nothing of it changes. */
function describedName(action: string, arn: string, request: JsonRequest): object {
  const name = arn.slice(arn.lastIndexOf(':') + 1);
  if (action === 'UpdateAlias') return alias(arn, request);
  const said = { FunctionName: name, FunctionArn: arn, Version: '$LATEST', State: 'Active', LastUpdateStatus: 'Successful' };
  return action === 'GetFunction' ? { Configuration: said } : said;
}

function alias(arn: string, request: JsonRequest): object {
  const name = requiredText(request, 'Name');
  return { AliasArn: `${arn}:${name}`, Name: name, FunctionVersion: textOf(request, 'FunctionVersion') ?? '$LATEST' };
}

/** FunctionConfiguration: a change is never under way. */
function described({ settings, revision, changedAt }: LocalFunction, version = '$LATEST'): object {
  const { name, arn, configuration } = settings;
  const { runtime, handler, timeoutSeconds, memorySize, variables, description = '' } = configuration;
  return {
    FunctionName: name,
    FunctionArn: version === '$LATEST' ? arn : `${arn}:${version}`,
    Version: version,
    Runtime: runtime,
    Handler: handler,
    Description: description,
    Timeout: timeoutSeconds,
    MemorySize: memorySize,
    ...(Object.keys(variables).length > 0 && { Environment: { Variables: variables } }),
    PackageType: 'Zip',
    LastModified: changedAt.toISOString().replace('Z', '+0000'),
    RevisionId: revision,
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

function requireRevision(fn: LocalFunction, request: JsonRequest): LocalFunction {
  const wanted = textOf(request, 'RevisionId');
  if (wanted === undefined || wanted === fn.revision) return fn;
  throw new AwsError('PreconditionFailedException', 'The RevisionId provided does not match the latest one of the function.', 412);
}
