import { readCommandLine, usageOf } from '../suites/command-line';
import { launch } from '../suites/launch';
import { runDocs } from './docs';

// The SDK's notice about Node 20 would stand among our lines.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

launch({
  name: 'docs',
  usage: usageOf('docs', '  (every command of README, docs and help texts, typed as it stands)'),
  readOptions: (args) => {
    const values = readCommandLine(args, {});
    return values === undefined ? undefined : { keep: values.keep, json: values.json };
  },
  run: runDocs,
});
