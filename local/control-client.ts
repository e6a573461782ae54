import { LocalAccountError, type LocalAccountErrorCode } from './account-error';
import { controlFilePath, readControlFile } from './control/control-file';
import type { ControlAnswers, ControlInfo, TokenRequest } from './control/control-server';
import type { LocalAccount } from './local-account';

/** What a command of another terminal can ask of a running account. Every method rejects with a LocalAccountError. */
export type AttachedAccount = Pick<
  LocalAccount,
  'baseUrl' | 'fleet' | 'servers' | 'agents' | 'dynamodbUrl' | 'tables' | 'processes' | 'token'
> & { readonly pid: number };

/**
 * Finds the account that runs in a folder.
 * @throws LocalAccountError NOT_RUNNING when there is none, or the one that was has died
 */
export async function attach(folder: string): Promise<AttachedAccount> {
  const file = readControlFile(folder);
  if (!file) throw notRunning(folder);
  const ask = async <Answer>(path: string, body?: unknown): Promise<Answer> => {
    const answer = await fetch(`${file.controlUrl}${path}`, {
      headers: { authorization: `Bearer ${file.controlToken}` },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw notRunning(folder, cause);
    });
    const result = (await answer.json()) as Answer & { code?: LocalAccountErrorCode; message?: string };
    if (!answer.ok) throw new LocalAccountError(result.code ?? 'REFUSED', result.message ?? `status ${answer.status}`);
    return result;
  };
  return {
    ...(await ask<ControlInfo>('/info')),
    pid: file.pid,
    processes: () => ask<ControlAnswers['ps']>('/ps'),
    token: async (agent, options = {}) => {
      const request: TokenRequest = { agent, ...options };
      return (await ask<ControlAnswers['token']>('/token', request)).token;
    },
  };
}

function notRunning(folder: string, cause?: unknown): LocalAccountError {
  const message = `No local account is running here (${controlFilePath(folder)}). Start one with \`mcp-fleet local\`.`;
  return new LocalAccountError('NOT_RUNNING', message, { cause });
}
