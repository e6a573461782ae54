import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequest,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { textResult } from './content-tools';
import type { RoundState } from './state';

const Name = z.object({ name: z.string() });
const Color = z.object({ color: z.string() });
const Confirmation = z.object({ ok: z.boolean() });

/** Tools that take several rounds: each asks by its result until it knows all it needs (MCP 2026-07-28, multi-round-trip requests). */
export function addInputRequiredTools(server: McpServer, state: RequestStateCodec<RoundState>): void {
  addSingleQuestions(server);
  addStatefulRounds(server, state);

  server.registerTool('test_input_required_result_capabilities', { description: 'Asks only for what the caller can do' }, ({ mcpReq }) => {
    const { sampling, elicitation } = (mcpReq.envelope as Record<string, ClientCapabilities>)[CLIENT_CAPABILITIES_META_KEY] ?? {};
    if (sampling === undefined && elicitation === undefined) return textResult('This caller can be asked nothing');
    return inputRequired({
      inputRequests: {
        ...(sampling !== undefined && { capital_question: askModel('What is the capital of France?') }),
        ...(elicitation !== undefined && { user_name: askName('What is your name?') }),
      },
    });
  });
}

/** One question of each kind. */
function addSingleQuestions(server: McpServer): void {
  server.registerTool('test_input_required_result_elicitation', { description: 'Asks the user for a name' }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_name', Name);
    if (answer === undefined) return inputRequired({ inputRequests: { user_name: askName('What is your name?') } });
    return textResult(`Hello, ${answer.name}!`);
  });
  server.registerTool('test_input_required_result_sampling', { description: "Asks the client's model for a capital" }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
    if (answer.kind !== 'sampling') {
      return inputRequired({ inputRequests: { capital_question: askModel('What is the capital of France?') } });
    }
    return textResult(`The model said: ${JSON.stringify(answer.result.content)}`);
  });
  server.registerTool('test_input_required_result_list_roots', { description: "Asks for the client's roots" }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (answer.kind !== 'roots') return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    return textResult(`Roots: ${answer.roots.map(({ uri }) => uri).join(', ')}`);
  });
}

/** Rounds that are bound together by a signed state; the SDK refuses one that was altered before a tool sees it. */
function addStatefulRounds(server: McpServer, state: RequestStateCodec<RoundState>): void {
  for (const tool of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state']) {
    server.registerTool(tool, { description: 'Asks for a confirmation and checks its state' }, async ({ mcpReq }) => {
      const isOurs = mcpReq.requestState<RoundState>()?.tool === tool;
      const answer = acceptedContent(mcpReq.inputResponses, 'confirm', Confirmation);
      if (isOurs && answer !== undefined) return textResult(`state-ok, confirmed: ${answer.ok}`);
      return inputRequired({
        inputRequests: { confirm: inputRequired.elicit({ message: 'Please confirm', requestedSchema: Confirmation }) },
        requestState: await state.mint({ tool, round: 1 }),
      });
    });
  }

  const three = 'test_input_required_result_multiple_inputs';
  server.registerTool(three, { description: 'Asks three questions at once' }, async ({ mcpReq: { inputResponses } }) => {
    const name = acceptedContent(inputResponses, 'user_name', Name);
    const greeting = inputResponse(inputResponses, 'greeting');
    const roots = inputResponse(inputResponses, 'client_roots');
    if (name !== undefined && greeting.kind === 'sampling' && roots.kind === 'roots') {
      return textResult(`${JSON.stringify(greeting.result.content)} ${name.name}, with ${roots.roots.length} roots`);
    }
    return inputRequired({
      inputRequests: {
        user_name: askName('What is your name?'),
        greeting: askModel('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await state.mint({ tool: three, round: 1 }),
    });
  });

  const rounds = 'test_input_required_result_multi_round';
  server.registerTool(rounds, { description: 'Asks one question after the other' }, async ({ mcpReq }) => {
    const done = mcpReq.requestState<RoundState>()?.round ?? 0;
    if (done === 2 && acceptedContent(mcpReq.inputResponses, 'step2', Color) !== undefined)
      return textResult('Both questions are answered');
    const first = done === 0 || (done === 1 && acceptedContent(mcpReq.inputResponses, 'step1', Name) === undefined);
    return inputRequired({
      inputRequests: first
        ? { step1: askName('Step 1: What is your name?') }
        : { step2: inputRequired.elicit({ message: 'Step 2: What is your favorite color?', requestedSchema: Color }) },
      requestState: await state.mint({ tool: rounds, round: first ? 1 : 2 }),
    });
  });
}

export function askName(message: string): InputRequest {
  return inputRequired.elicit({ message, requestedSchema: Name });
}

function askModel(question: string): InputRequest {
  return inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: question } }], maxTokens: 100 });
}
