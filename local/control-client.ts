import { LocalAccountError, type LocalAccountErrorCode } from './account-error';
import type { CheckedAccount } from './checked-account';
import { controlFilePath, readControlFile } from './control/control-file';
import type { ControlAnswers, ControlInfo, TokenRequest } from './control/control-server';
import type { LocalAccount, TokenOptions } from './local-account';

/** What a command of another terminal can ask of a running account. Every method rejects with a LocalAccountError. */
export type AttachedAccount = Pick<
  LocalAccount,
  'baseUrl' | 'fleet' | 'servers' | 'agents' | 'dynamodbUrl' | 'tables' | 'processes' | 'token'
> & {
  readonly pid: number;
  /** All that the checks look at, as well. */
  checked(): Promise<CheckedAccount>;
};

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
  const info = await ask<ControlInfo>('/info');
  const attached = {
    ...info,
    processes: () => ask<ControlAnswers['ps']>('/ps'),
    token: async (agent: string, options: TokenOptions = {}) => {
      const request: TokenRequest = { agent, ...options };
      return (await ask<ControlAnswers['token']>('/token', request)).token;
    },
  };
  return {
    ...attached,
    pid: file.pid,
    checked: async () => ({
      ...attached,
      templates: await ask<ControlAnswers['templates']>('/templates'),
      principal: (agent) => ask<ControlAnswers['principal']>('/principal', { agent }),
      datapoints: (since) => ask<ControlAnswers['datapoints']>('/datapoints', { since }),
      logFiles: () => ask<ControlAnswers['logFiles']>('/logs'),
      physicalId: async (stack, logicalId) => (await ask<ControlAnswers['physicalId']>('/physical-id', { stack, logicalId })).value,
      secretValue: async (stack, logicalId) => (await ask<ControlAnswers['secretValue']>('/secret-value', { stack, logicalId })).value,
    }),
  };
}

function notRunning(folder: string, cause?: unknown): LocalAccountError {
  const message = `No local account is running here (${controlFilePath(folder)}). Start one with \`mcp-fleet local\`.`;
  return new LocalAccountError('NOT_RUNNING', message, { cause });
}
