import { dockerCommand, Refusal } from './docker/docker-command';

/** docker's own: 1 for what is not there or fails, 125 for what it does not take. */
const FAILED = 1;
const REFUSED = 125;

try {
  process.exitCode = await dockerCommand(process.argv.slice(2), process.cwd(), process.env);
} catch (error) {
  process.stderr.write(`mcp-fleet-docker: ${(error as Error).message}\n`);
  process.exitCode = error instanceof Refusal ? REFUSED : FAILED;
}
