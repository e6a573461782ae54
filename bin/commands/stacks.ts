import { Command } from 'commander';
import { attachHere } from '../attach';
import { table, terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet stacks          what is deployed, and what was kept of what is gone
`;

export function stacksCommand(): Command {
  return new Command('stacks')
    .description('List the stacks of the local account, and the resources that their policies have kept')
    .addHelpText('after', EXAMPLES)
    .option('--json', 'one JSON document', false)
    .action(async ({ json }: { json: boolean }) => {
      const { stacks, retained } = await (await attachHere()).stacks();
      const { result } = terminal(json);
      if (json) return result(JSON.stringify({ stacks, retained }));
      if (stacks.length === 0) result('Nothing is deployed.');
      else {
        const rows = stacks.map(({ name, status, resources, running, changedAt }) => [
          name,
          status,
          `${resources}`,
          `${running}`,
          changedAt,
        ]);
        table(['STACK', 'STATUS', 'RESOURCES', 'RUNNING', 'CHANGED'], rows).forEach(result);
      }
      if (retained.length === 0) return;
      result('');
      const rows = retained.map(({ resource, type, physicalId }) => [resource, type, physicalId]);
      table(['KEPT', 'TYPE', 'PHYSICAL ID'], rows).forEach(result);
    });
}
