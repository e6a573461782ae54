// Runs one client in a process of its own, told what to do over IPC: connect, call, close. Copied beside the installed packages.
const deadlineMs = Number(process.env.CALL_TIMEOUT_MS);
const { connect } = await import(`./${process.env.DRIVER}.mjs`);
let client;

const steps = {
  connect: async ({ url, headers }) => {
    client = await connect(url, headers, deadlineMs);
  },
  call: ({ tool, args }) => client.call(tool, args),
  close: () => client?.close(),
};

process.on('message', async ({ id, step, ...request }) => {
  try {
    process.send({ id, result: (await steps[step](request)) ?? null });
  } catch (error) {
    process.send({ id, error: describe(error) });
  }
});
process.on('disconnect', () => process.exit());
// Some clients throw into the void what belongs to a call that was cut. An agent would log it; the call's own promise tells the rest.
process.on('unhandledRejection', () => {});
process.on('uncaughtException', () => {});
process.send({ id: 0 });

/** What an agent's code can read off an error, wherever the client has put it. */
function describe(error, depth = 0) {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  const { name, message, code, status, data, cause } = error;
  return {
    name,
    message: String(message),
    ...(code !== undefined && { code }),
    ...(status !== undefined && { status }),
    ...(data !== undefined && { data: plain(data) }),
    ...(cause !== undefined && depth < 4 && { cause: describe(cause, depth + 1) }),
  };
}

function plain(value) {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return String(value);
  }
}
