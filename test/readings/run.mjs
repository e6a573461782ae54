// npm run test:readings: installs what is missing and runs generated calls and answers directly and through a gateway with its
// sidecars. The last line sums it up; the exit code is the verdict. See docs/readings.md.
import { installMissing } from '../../build/install.mjs';

if (!installMissing()) process.exit(4);
await import('tsx'); // TypeScript from here on, in this very process, so that Ctrl-C needs no messenger
await import('./main.ts');
