import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from '../../../local/aws/aws-error';
import { refuseAs } from '../../../local/aws/refusal';
import { callIn } from './calls';
import { allowing, type Statement } from './role-policy';

/** The local account as AWS, where every call is judged by what a role may do. */
export interface JudgedAccount {
  /** What makes an AWS client call it with that role. */
  readonly environment: Readonly<Record<string, string>>;
  /** What was allowed so far: the statement, and which of its actions. */
  readonly used: ReadonlySet<string>;
  /** What was refused, as `action resource`. */
  readonly refused: readonly string[];
  close(): void;
}

/** How a use of a statement is written down. */
export function useOf(statements: readonly Statement[], statement: Statement, action: string): string {
  return `${statements.indexOf(statement)} ${action} ${statement.resources[0]}`;
}

/** @param account what makes an AWS client call the account itself */
export async function judgedAccount(account: Readonly<Record<string, string>>, statements: readonly Statement[]): Promise<JudgedAccount> {
  const [used, refused] = [new Set<string>(), [] as string[]];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const call = callIn(request, body.toString());
    for (const resource of call.resources) {
      const statement = allowing(statements, call, resource);
      if (statement !== undefined) used.add(useOf(statements, statement, call.action));
      else {
        refused.push(`${call.action} ${resource}`);
        const message = `is not authorized to perform: ${call.action} on resource: ${resource}`;
        return refuseAs(request, response, new AwsError('AccessDeniedException', message, 400));
      }
    }
    const isTable = call.action.startsWith('dynamodb:');
    const there = new URL(request.url ?? '/', isTable ? account.AWS_ENDPOINT_URL_DYNAMODB : account.AWS_ENDPOINT_URL);
    const passed = ask(there, { method: request.method, headers: { ...request.headers, host: there.host } }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(response);
    });
    passed.on('error', () => response.destroy());
    passed.end(body);
  }

  return {
    environment: { ...account, AWS_ENDPOINT_URL: url, AWS_ENDPOINT_URL_DYNAMODB: url, AWS_ENDPOINT_URL_S3: url },
    used,
    refused,
    close: () => void server.close(),
  };
}
