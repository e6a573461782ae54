import { fromJsonSchema, type JsonSchemaType, type McpServer } from '@modelcontextprotocol/server';
import { textResult } from './content-tools';

/** Keywords of JSON Schema 2020-12 that must reach the client as they are (SEP-1613, SEP-2106). */
const ADDRESS_BOOK_ENTRY = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

/** An argument that clients repeat in the header `Mcp-Param-Region` (MCP 2026-07-28, § Custom Headers). */
const BY_REGION = {
  type: 'object',
  properties: { region: { type: 'string', description: 'Where to look', 'x-mcp-header': 'Region' } },
  required: ['region'],
};

/** Tools whose schemas are the test. */
export function addSchemaTools(server: McpServer): void {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Takes what JSON Schema 2020-12 can say', inputSchema: fromJsonSchema(ADDRESS_BOOK_ENTRY as JsonSchemaType) },
    (entry) => textResult(`Entered ${JSON.stringify(entry)}`),
  );
  server.registerTool(
    'test_custom_header',
    {
      description: 'Takes an argument that is also a header',
      inputSchema: fromJsonSchema<{ region: string }>(BY_REGION as JsonSchemaType),
    },
    ({ region }) => textResult(`Looked in ${region}`),
  );
}
