import type { CallToolResult, ContentBlock, McpServer } from '@modelcontextprotocol/server';
import { PIXEL_PNG, SILENCE_WAV } from './samples';

const IMAGE: ContentBlock = { type: 'image', data: PIXEL_PNG, mimeType: 'image/png' };
const AUDIO: ContentBlock = { type: 'audio', data: SILENCE_WAV, mimeType: 'audio/wav' };

/** Tools that answer at once with each kind of content. */
export function addContentTools(server: McpServer): void {
  const add = (name: string, description: string, ...content: ContentBlock[]) =>
    server.registerTool(name, { description }, (): CallToolResult => ({ content }));

  add('test_simple_text', 'Answers with one text', text('This is a simple text response for testing.'));
  add('test_image_content', 'Answers with one image', IMAGE);
  add('test_audio_content', 'Answers with one audio clip', AUDIO);
  add('test_embedded_resource', 'Answers with one embedded resource', {
    type: 'resource',
    resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
  });
  add('test_multiple_content_types', 'Answers with text, image and resource', text('Multiple content types test:'), IMAGE, {
    type: 'resource',
    resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' },
  });
  server.registerTool('test_error_handling', { description: 'Fails, which is a result for the model to read' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
}

export function text(content: string): ContentBlock {
  return { type: 'text', text: content };
}

export function textResult(content: string): CallToolResult {
  return { content: [text(content)] };
}
