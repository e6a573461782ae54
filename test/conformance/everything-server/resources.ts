import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import type { Era } from './endpoint';
import { PIXEL_PNG } from './samples';

export function addResources(server: McpServer, era: Era): void {
  const TEXT = 'text/plain';
  server.registerResource('static-text', 'test://static-text', { description: 'A text', mimeType: TEXT }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: TEXT, text: 'This is the content of the static text resource.' }],
  }));
  server.registerResource('static-binary', 'test://static-binary', { description: 'An image', mimeType: 'image/png' }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'image/png', blob: PIXEL_PNG }],
  }));
  server.registerResource(
    'watched-resource',
    'test://watched-resource',
    { description: 'To subscribe to', mimeType: TEXT },
    ({ href: uri }) => ({
      contents: [{ uri, mimeType: TEXT, text: 'Watched resource content' }],
    }),
  );
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'One resource per id', mimeType: 'application/json' },
    ({ href: uri }, { id }) => ({
      contents: [{ uri, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }],
    }),
  );

  // The sessionless era subscribes by `subscriptions/listen`, which the SDK serves.
  if (era === 'modern') return;
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
}
