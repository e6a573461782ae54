import type { SdkError } from '@smithy/types';
import type { Answer } from '../../ledger/table/exchange';

/** The error by which the SDK's client would reject after a refusal: its name, its message, its status. */
export function refusalIn({ status, headers, body }: Answer, operation: string): SdkError {
  const said = objectIn(body) ?? {};
  const type = said.__type ?? said.code ?? headers['x-amzn-errortype'];
  const message = said.message ?? said.Message ?? `${operation} was answered with status ${status}, and no reason`;
  return failure(typeof type === 'string' && type !== '' ? bare(type) : 'UnknownError', String(message), status);
}

/** The error after an answer with which nothing can be done: it is none, and not "nothing there". */
export function unclear(what: string, { status }: Answer): SdkError {
  return failure('UnclearAnswerError', what, status);
}

/** Undefined where it is no JSON object. */
export function objectIn(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const found: unknown = JSON.parse(body.toString());
    return isRecord(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Out of `{namespace}#{name}`, or `{name}:{address}` (AWS JSON 1.0 protocol, "Operation error serialization"). */
function bare(type: string): string {
  const [name = ''] = type.split(/[,:]/);
  return name.slice(name.indexOf('#') + 1);
}

function failure(name: string, message: string, status: number): SdkError {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } }) as SdkError;
}
