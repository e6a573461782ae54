// On standard input and output: one process per session. It knows nothing of gateways or sidecars.
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { deskServer } from '../desk';

void deskServer('desk-stdio').connect(new StdioServerTransport());
