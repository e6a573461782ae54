// Preloaded into a program that cannot be told headers.
const added = JSON.parse(process.env.ADDED_HEADERS);
const { fetch } = globalThis;
globalThis.fetch = (input, init = {}) => {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return fetch(input, { ...init, headers });
};
