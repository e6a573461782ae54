import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { AcmeStack } from '../../examples/acme/acme-stack';
import { type Template as CloudFormationTemplate, readTemplate } from '../../local/assembly/template';
import { collisionsOf } from '../../local/cloudformation/collisions';
import { newApp } from './example-fleet';
import { lossesOf } from './losses';

/** Acme's stack as earlier commits synthesized it, each in a folder of the commit's name. Add one with each release; none ever changes. */
const FIXTURES = join(__dirname, 'fixtures');
const earlier = readdirSync(FIXTURES).map((folder) => [folder, readTemplate(join(FIXTURES, folder, 'Acme.template.json'))] as const);
const today = Template.fromStack(new AcmeStack(newApp(), 'Acme')).toJSON() as CloudFormationTemplate;

test.each(earlier)('from %s to today nothing that holds data is replaced, moved or removed', (_, before) => {
  expect(lossesOf(before, today)).toEqual([]);
});

test.each(earlier)('from %s to today nothing collides', (_, before) => {
  expect(collisionsOf(before, today)).toEqual([]);
});

test('a table under another logical id would be noticed', () => {
  const [, before] = earlier[0] as (typeof earlier)[number];
  const moved = Object.entries(today.Resources).map(([id, resource]) => [id.startsWith('McpLedger') ? `Moved${id}` : id, resource]);

  expect(lossesOf(before, { ...today, Resources: Object.fromEntries(moved) })).toContainEqual(
    expect.stringMatching(/^McpLedger\w+ is removed/),
  );
});
