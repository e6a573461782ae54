// npm run test:interop: installs what is missing, builds, and measures third-party clients and servers through a whole local
// fleet. Writes the tables of docs/sessions.md; the exit code says whether any row is worse than expectations.ts.
import { installMissing, run } from '../../build/install.mjs';

if (!installMissing() || !run(process.execPath, ['build/build.mjs'])) process.exit(4);
await import('tsx'); // TypeScript from here on, in this very process, so that Ctrl-C needs no messenger
await import('./main.ts');
