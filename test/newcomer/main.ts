import { readCommandLine, usageOf } from '../suites/command-line';
import { launch } from '../suites/launch';
import { runNewcomer } from './newcomer';

launch({
  name: 'newcomer',
  usage: usageOf('newcomer', '  (the first minutes of somebody who has the package and an empty folder)'),
  readOptions: (args) => {
    const values = readCommandLine(args, {});
    return values === undefined ? undefined : { keep: values.keep, json: values.json };
  },
  run: runNewcomer,
});
