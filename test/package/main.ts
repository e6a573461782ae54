import { readCommandLine, usageOf } from '../suites/command-line';
import { launch } from '../suites/launch';
import { runPackage } from './package';

launch({
  name: 'package',
  usage: usageOf('package', '  (packs, installs into an empty folder outside the repository, and tries everything there)'),
  readOptions: (args) => {
    const values = readCommandLine(args, {});
    return values === undefined ? undefined : { keep: values.keep, json: values.json };
  },
  run: runPackage,
});
