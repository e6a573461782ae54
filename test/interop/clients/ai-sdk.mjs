/** @param createMCPClient of any major version */
export async function connectWith(createMCPClient, url, headers, timeout) {
  const client = await createMCPClient({ transport: { type: 'http', url, headers } });
  const tools = await client.tools();
  return {
    // There is no timeout option: an agent that wants one gives its own signal.
    call: (name, args) => tools[name].execute(args, { toolCallId: 'call', messages: [], abortSignal: AbortSignal.timeout(timeout) }),
    close: () => client.close(),
  };
}
