// npm run test:load: installs what is missing, builds, and puts a whole local fleet under load while an instance is killed and
// the gateways are replaced. The last line says what was seen; the exit code is the verdict. See docs/sessions.md.
import { installMissing, run } from '../../build/install.mjs';

if (!installMissing() || !run(process.execPath, ['build/build.mjs'])) process.exit(4);
await import('tsx'); // TypeScript from here on, in this very process, so that Ctrl-C needs no messenger
await import('./main.ts');
