// Preloaded into every container process. In ECS a task has a network of its own and may listen on all interfaces;
// on a laptop it must be reachable from this machine only, and on a port that nobody else has.
const { Server } = require('node:net');

const listen = Server.prototype.listen;
// Port of the image → port of this machine: another instance of the server has the image's port as well.
const PORTS = new Map(Object.entries(JSON.parse(process.env.MCP_FLEET_LOCAL_PORTS ?? '{}')));
const ANY = new Set([undefined, null, '', '0.0.0.0', '::', '[::]']);

Server.prototype.listen = function listenOnLoopback(...args) {
  const [first, second] = args;
  if (isPort(first)) {
    args[0] = portHere(first);
    if (typeof second === 'string') args[1] = loopback(second);
    else args.splice(1, typeof second === 'function' || typeof second === 'number' ? 0 : Math.min(1, args.length - 1), '127.0.0.1');
  } else if (typeof first === 'object' && first !== null && isPort(first.port)) {
    args[0] = { ...first, port: portHere(first.port), host: loopback(first.host) };
  }
  return listen.apply(this, args);
};

function isPort(value) {
  return (typeof value === 'number' || (typeof value === 'string' && value !== '')) && Number.isInteger(Number(value));
}

function portHere(port) {
  return PORTS.get(String(Number(port))) ?? port;
}

function loopback(host) {
  return ANY.has(host) ? '127.0.0.1' : host;
}
