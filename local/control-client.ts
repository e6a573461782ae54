import { LocalAccountError, type LocalAccountErrorCode } from './account-error';
import type { CheckedAccount } from './checked-account';
import { type ControlFile, readControlFiles } from './control/control-file';
import type { ControlAnswers, ControlInfo, KillRequest, TokenRequest } from './control/control-server';
import type { FaultOrder, FaultRow } from './faults/order';
import type { LocalAccount, Scaling, StackSummaries, TokenOptions } from './local-account';
import { nearestFolder } from './state-folder';

/** What a command of another terminal can ask of a running account. Every method rejects with a LocalAccountError. */
export type AttachedAccount = Pick<
  LocalAccount,
  | 'baseUrl'
  | 'logFolder'
  | 'fleet'
  | 'fleets'
  | 'servers'
  | 'agents'
  | 'dynamodbUrl'
  | 'tables'
  | 'archive'
  | 'authorityFile'
  | 'remoteServers'
  | 'processes'
  | 'token'
  | 'oauthClient'
> & {
  readonly pid: number;
  stacks(): Promise<StackSummaries>;
  scaling(): Promise<Scaling>;
  rotateSecret: LocalAccount['rotateSecret'];
  fault: LocalAccount['fault'];
  faults(): Promise<readonly FaultRow[]>;
  clearFaults(id?: FaultRow['id']): Promise<readonly FaultRow[]>;
  awsEnvironment(): Promise<ReturnType<LocalAccount['awsEnvironment']>>;
  roleEnvironment(role: string): Promise<ReturnType<LocalAccount['roleEnvironment']>>;
  permissions: LocalAccount['permissions'];
  /** All that the checks look at, as well. */
  checked(): Promise<CheckedAccount & Pick<LocalAccount, 'fleets'>>;
};

/**
 * Finds the account that runs in a folder, or in the nearest one above it.
 * @param pid of the account, where several run
 * @throws LocalAccountError NOT_RUNNING when there is none, or the one that was has died; SEVERAL_RUNNING without a pid
 */
export async function attach(folder: string, pid?: number): Promise<AttachedAccount> {
  const file = choose(folder, pid);
  const ask = async <Answer>(path: string, body?: unknown): Promise<Answer> => {
    const answer = await fetch(`${file.controlUrl}${path}`, {
      headers: { authorization: `Bearer ${file.controlToken}` },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw notRunning(folder, pid, cause);
    });
    const result = (await answer.json()) as Answer & { code?: LocalAccountErrorCode; message?: string };
    if (!answer.ok) throw new LocalAccountError(result.code ?? 'REFUSED', result.message ?? `status ${answer.status}`);
    return result;
  };
  const info = await ask<ControlInfo>('/info');
  const attached = {
    ...info,
    stacks: () => ask<ControlAnswers['stacks']>('/stacks'),
    rotateSecret: (secret: string) => ask<ControlAnswers['rotatedSecret']>('/rotate-secret', { secret }),
    fault: (order: FaultOrder) => ask<ControlAnswers['fault']>('/fault', order),
    faults: () => ask<ControlAnswers['faults']>('/faults'),
    clearFaults: (id?: FaultRow['id']) => ask<ControlAnswers['faults']>('/clear-faults', { id }),
    scaling: () => ask<ControlAnswers['scaling']>('/scaling'),
    awsEnvironment: () => ask<ControlAnswers['awsEnvironment']>('/aws-environment'),
    roleEnvironment: (role: string) => ask<ControlAnswers['awsEnvironment']>('/role-environment', { role }),
    permissions: () => ask<ControlAnswers['permissions']>('/permissions'),
    processes: () => ask<ControlAnswers['ps']>('/ps'),
    oauthClient: (agent: string) => ask<ControlAnswers['oauthClient']>('/oauth-client', { agent }),
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
      kill: async (pid) => {
        const request: KillRequest = { pid };
        await ask<ControlAnswers['killed']>('/kill', request);
      },
      datapoints: (since) => ask<ControlAnswers['datapoints']>('/datapoints', { since }),
      logFiles: () => ask<ControlAnswers['logFiles']>('/logs'),
      physicalId: async (stack, logicalId) => (await ask<ControlAnswers['physicalId']>('/physical-id', { stack, logicalId })).value,
      secretValue: async (stack, logicalId) => (await ask<ControlAnswers['secretValue']>('/secret-value', { stack, logicalId })).value,
    }),
  };
}

function choose(folder: string, pid: number | undefined): ControlFile {
  const matching = (candidate: string) => readControlFiles(candidate).filter((file) => pid === undefined || file.pid === pid);
  const nearest = nearestFolder(folder, (candidate) => matching(candidate).length > 0);
  const [file, ...others] = nearest === undefined ? [] : matching(nearest);
  if (!file) throw notRunning(folder, pid);
  if (others.length === 0) return file;
  const named = [file, ...others].map((each) => `pid ${each.pid} at ${each.baseUrl}`).join(', ');
  throw new LocalAccountError('SEVERAL_RUNNING', `${others.length + 1} local accounts run in ${nearest}: ${named}. Name one with --pid.`);
}

function notRunning(folder: string, pid: number | undefined, cause?: unknown): LocalAccountError {
  const which = pid === undefined ? '' : ` with pid ${pid}`;
  const message = `No local account${which} is running in ${folder} or above it. Start one with \`mcp-fleet local\`.`;
  return new LocalAccountError('NOT_RUNNING', message, { cause });
}
