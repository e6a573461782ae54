import { expect, test } from '@jest/globals';
import { examplesIn, subcommandsIn } from './help';

const HELP = `Usage: mcp-fleet ledger [options] [command]

Commands:
  tail [options]        The last calls
  show [options] <key>  One call
                        in two lines
  expire-token <agent>  Of an agent
  help [command]        display help for command

Examples:
  $ mcp-fleet ledger tail -n 50           the last 50 calls
  $ mcp-fleet ledger show order-17
`;

test('examples and subcommands', () => {
  expect(examplesIn(HELP)).toEqual(['mcp-fleet ledger tail -n 50', 'mcp-fleet ledger show order-17']);
  expect(subcommandsIn(HELP)).toEqual(['tail', 'show', 'expire-token']);
});
