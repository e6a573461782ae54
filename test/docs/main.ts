import { launch } from '../suites/launch';
import { runDocs } from './docs';
import { readOptions, USAGE } from './options';

// The SDK's notice about Node 20 would stand among our lines.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

launch({ name: 'docs', usage: USAGE, readOptions, run: runDocs });
