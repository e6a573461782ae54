import type { Reply } from '../reply';
import { type AnswerValue, answers, either, fails, LEGACY } from './answer';

/** The status, and whether the tool ran although it says so. */
export const status = answers(
  { message: ['call'] },
  {
    '429-text': { ...notRun(429, 'Too Many Requests', [['retry-after', '1']]), kind: 'B5', expect: 'refused', states: ['not_executed'] },
    '404-session-not-found-after-it-ran': {
      kind: 'B5',
      expect: 'refused',
      states: ['unknown'],
      gone: true,
      act: (r) => said(r, 404, 'session not found'),
      needs: LEGACY,
    },
    '404-text-after-it-ran': { kind: 'B5', expect: 'refused', states: ['unknown'], gone: true, act: (r) => said(r, 404, 'nothing here') },
    '400-text-after-it-ran': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 400, 'bad') },
    '400-with-error': {
      kind: 'B5',
      expect: 'either',
      states: ['failed', 'unknown'],
      act: (r) => {
        fails(r, { code: -32602, message: 'no' });
        r.status = 400;
      },
    },
    '500-with-error': {
      kind: 'B5',
      expect: 'either',
      states: ['unknown'],
      act: (r) => {
        fails(r, { code: -32602, message: 'no' });
        r.status = 500;
      },
    },
    '500-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 500, 'oops') },
    '502-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 502, 'oops') },
    '503-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 503, 'oops') },
    '504-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 504, 'oops') },
    '408-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 408, 'slow') },
    '500-with-result': {
      kind: 'B5',
      expect: 'either',
      states: ['unknown', 'confirmed'],
      act: (r) => {
        r.status = 500;
      },
    },
    '201-with-result': either((r) => {
      r.status = 201;
    }, 'B5'),
    '202-empty': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 202, '') },
    '204-empty': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 204, '') },
    '307-without-location': { ...notRun(307, ''), kind: 'B5', expect: 'refused', states: ['unknown', 'not_executed'] },
    '307-elsewhere': {
      ...notRun(307, '', [['location', 'http://127.0.0.1:9/mcp']]),
      kind: 'B5',
      expect: 'refused',
      states: ['unknown', 'not_executed'],
    },
    '307-within': {
      ...notRun(307, '', [['location', '/mcp/moved']]),
      kind: 'B5',
      expect: 'either',
      states: ['confirmed'],
    },
    '401-text': { ...notRun(401, 'who are you'), kind: 'B5', expect: 'refused', states: ['unknown', 'not_executed'] },
  },
);

function said(reply: Reply, code: number, words: string): void {
  reply.status = code;
  reply.text = words;
  reply.headers = words === '' ? [] : [['content-type', 'text/plain']];
}

function notRun(code: number, words: string, headers: [string, string][] = []): Pick<AnswerValue, 'act'> {
  return {
    act: (reply) => {
      reply.runs = false;
      said(reply, code, words);
      reply.headers.push(...headers);
    },
  };
}
