import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { tools } from '../bin/app';

const template = Template.fromStack(tools);

const grantOf = (subject: string, tools: string[]) =>
  template.hasResourceProperties('Custom::McpFleetAllowlist', {
    Subject: subject,
    Grants: Match.arrayWith([Match.objectLike({ Server: 'notes', Tools: tools })]),
  });

test('the writer may add notes, the reader may only list them', () => {
  grantOf('agent-writer', ['add_note', 'list_notes']);
  grantOf('agent-reader', ['list_notes']);
});
