// npm run test:conformance: installs what is missing, builds, and runs the conformance suites against our own server, directly
// and through a whole local fleet. The last line says what passed; the exit code is the verdict. See docs/conformance.md.
import { installMissing, run } from '../../build/install.mjs';

if (!installMissing() || !run(process.execPath, ['build/build.mjs'])) process.exit(4);
await import('tsx'); // TypeScript from here on, in this very process, so that Ctrl-C needs no messenger
await import('./main.ts');
