import { accountEnvironment } from '../local/processes/credentials';
import { executablePath } from './package-facts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What keeps the CDK command line on this machine: no notices, no newer version, no telemetry; and what stands for docker. */
const OFFLINE = {
  CDK_NOTICES: 'false',
  CDK_DISABLE_VERSION_CHECK: '1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
};
/** Proxies of this machine do not reach its own loopback. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
const LOOPBACK = ['127.0.0.1', 'localhost'];
/** Other credentials, another endpoint: each of these wins over what an account is reached by. */
const WINNING = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'CDK_DOCKER_CREDS_FILE'];

/**
 * Variables that make the CDK command line, and any AWS client, talk to a local account.
 * @param account what the account says of itself
 * @param given the environment that they come into
 */
export function deployEnvironment(account: Readonly<Record<string, string>>, given: Environment): Readonly<Record<string, string>> {
  const isProxied = PROXIES.some((name) => given[name]);
  const direct = [given.NO_PROXY ?? given.no_proxy ?? '', ...LOOPBACK].filter((host) => host !== '').join(',');
  return {
    ...account,
    ...OFFLINE,
    CDK_DOCKER: executablePath('mcp-fleet-docker'),
    ...(isProxied && { NO_PROXY: direct, no_proxy: direct }),
  };
}

/** Names of what {@link deployEnvironment} sets, but for NO_PROXY, which was there before. */
export const DEPLOY_VARIABLES: readonly string[] = Object.keys(
  deployEnvironment(accountEnvironment('', { dynamodb: '', aws: '' }, ''), {}),
);

/** Names of variables that are set and would win over those of {@link deployEnvironment}. */
export function winningIn(given: Environment, ours: Readonly<Record<string, string>>): readonly string[] {
  const endpoints = Object.keys(given).filter((name) => name.startsWith('AWS_ENDPOINT_URL_'));
  return [...WINNING, ...endpoints].filter((name) => given[name] !== undefined && !(name in ours));
}

/** A line for a POSIX shell. */
export function exportLine(name: string, value: string): string {
  return `export ${name}='${value.replaceAll("'", "'\\''")}'`;
}
