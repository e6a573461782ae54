import { agentKeysOf, archiveOf } from '../../checks/archive';
import { grantedInCode } from '../../checks/grants';
import { clientAt, tablesBy } from '../../checks/tables';
import { attachHere } from '../attach';
import { CommandError, EXIT } from '../exit';
import type { Place } from './place';

/** The fleet of the account that runs here. */
export async function localPlace(): Promise<Place> {
  const account = await attachHere();
  const { fleet, baseUrl, servers, agents, tables: names } = account;
  const dynamodb = clientAt(account.dynamodbUrl);
  return {
    isLocal: true,
    flags: '',
    fleet,
    baseUrl,
    servers,
    agents,
    names,
    dynamodb,
    tables: tablesBy(dynamodb, names),
    templates: async () => (await account.checked()).templates,
    grantedInCode: async () => grantedInCode(await account.checked()),
    archive: () => archiveOf(account),
    agentKeys: agentKeysOf(dynamodb, names),
    instances: async () => new Set((await account.processes()).map(({ task }) => task)),
    principal: async (agent) => {
      if (fleet !== '') return (await account.checked()).principal(`${fleet}/${agent}`);
      const fix = 'deploy one: mcp-fleet env -- npx cdk deploy';
      throw new CommandError(EXIT.USAGE, 'No fleet is deployed in the local account.', fix);
    },
  };
}
