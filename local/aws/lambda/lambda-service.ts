import { randomUUID } from 'node:crypto';
import { answerLambda, isInvocation } from '../../lambda/lambda-api';
import type { Machinery } from '../../machinery';
import { AwsError, notImplemented } from '../aws-error';
import type { AwsService } from '../aws-service';
import { boundedBody } from '../bounded-body';
import { type JsonRequest, parseJson } from '../json-service';
import type { IsNameOnly } from '../name-only';
import { type FunctionOperations, functionOperations } from './function-operations';

/** What follows the version of the API: `functions`, a function by its name or ARN, and what of it. */
const PATH = /^\/2015-03-31\/functions(?:\/([^/]*))?(?:\/(code|configuration|versions|aliases\/([^/]+)))?\/?$/;
/** Code in a request: 50 MB, as base64, with something around it. */
const LARGEST_BODY = 70 * 1024 * 1024;

/** By method and path, as {@link PATH} reads it. */
const ACTIONS: Readonly<Record<string, keyof FunctionOperations>> = {
  'GET functions': 'ListFunctions',
  'GET function': 'GetFunction',
  'GET configuration': 'GetFunctionConfiguration',
  'PUT code': 'UpdateFunctionCode',
  'PUT configuration': 'UpdateFunctionConfiguration',
  'POST versions': 'PublishVersion',
  'PUT aliases': 'UpdateAlias',
};

/** Lambda for whoever runs the account: functions are told of and changed, beside being invoked; stacks make and remove them. */
export function lambdaService(machinery: Machinery, isNameOnly: IsNameOnly): AwsService {
  const operations = functionOperations(machinery, isNameOnly);
  return async ({ request, response }) => {
    if (isInvocation(request)) return await answerLambda(request, response, machinery.functions);
    const send = (status: number, body: object, type?: string): void => {
      const headers = { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() };
      response.writeHead(status, { ...headers, ...(type !== undefined && { 'x-amzn-errortype': type }) }).end(JSON.stringify(body));
    };
    try {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const [path, name, part, alias] = PATH.exec(pathname) ?? [];
      const asked = part?.replace(/\/.*/, '') ?? (name ? 'function' : 'functions');
      const action = path === undefined ? undefined : ACTIONS[`${request.method} ${asked}`];
      if (action === undefined) throw notImplemented(`lambda: ${request.method} ${pathname}`);
      const body = parseJson((await boundedBody(request, LARGEST_BODY)).toString());
      const given: JsonRequest = { ...Object.fromEntries(searchParams), ...body, ...(alias && { Name: decodeURIComponent(alias) }) };
      send(action === 'PublishVersion' ? 201 : 200, await operations[action](decodeURIComponent(name ?? ''), given));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      send(error.status, { Type: error.status < 500 ? 'User' : 'Service', Message: error.message, message: error.message }, error.code);
    }
  };
}
