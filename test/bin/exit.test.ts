import { describe, expect, it } from '@jest/globals';
import { CommandError, EXIT, ending } from '../../bin/exit';
import { LocalAccountError } from '../../local/account-error';

describe('ending', () => {
  it('tells what was wrong and how to fix it', () => {
    expect(ending(new CommandError(EXIT.USAGE, 'There is no cdk.json.', 'name the app with --app'))).toEqual({
      exitCode: 2,
      text: 'There is no cdk.json.\n  fix  name the app with --app',
    });
  });

  it.each([
    ['UNKNOWN_AGENT', 2],
    ['UNSUPPORTED', 3],
    ['INVALID_ASSEMBLY', 3],
    ['PORT_TAKEN', 4],
    ['NOT_RUNNING', 4],
  ] as const)('ends with a code for %s of the local account: %d', (code, exitCode) => {
    expect(ending(new LocalAccountError(code, 'what happened'))).toEqual({ exitCode, text: 'what happened' });
  });

  it('calls anything else our bug, and shows where', () => {
    const { exitCode, text } = ending(new TypeError('x is not a function'));
    expect(exitCode).toBe(1);
    expect(text).toMatch(/bug of cdk-mcp-fleet[\s\S]*x is not a function[\s\S]*exit\.test/);
  });
});
