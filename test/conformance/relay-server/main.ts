// A server of the fleet that passes everything on to UPSTREAM: what client scenarios start cannot be a container.
import { relay } from '../relay';

const origin = process.env.UPSTREAM;
if (!origin) throw new Error('The environment variable UPSTREAM is not set; it is the origin to pass requests on to.');
const server = relay(() => ({ origin }));
server.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
