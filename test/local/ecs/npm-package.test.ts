import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { executablesOf } from '../../../local/ecs/npm-package';
import { scratchFolder } from '../fixtures/assembly';

describe('executablesOf', () => {
  test("holds the executables of the project's own package and no others", async () => {
    const name = '@modelcontextprotocol/server-memory';
    const { version } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')) as { version: string };
    const folder = await executablesOf({ package: name, version }, scratchFolder());
    expect(readdirSync(folder)).toEqual(['mcp-server-memory']);
    expect(realpathSync(join(folder, 'mcp-server-memory'))).toContain(join('node_modules', name));
  });
});
