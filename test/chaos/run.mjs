// npm run test:chaos: installs what is missing, builds, and lets agents move money through a whole local fleet whose parts are
// killed, paused, delayed and cut on the way. The last line sums it up; the exit code is the verdict. See docs/chaos.md.
import { installMissing, run } from '../../build/install.mjs';

if (!installMissing() || !run(process.execPath, ['build/build.mjs'])) process.exit(4);
await import('tsx'); // TypeScript from here on, in this very process, so that Ctrl-C needs no messenger
await import('./main.ts');
