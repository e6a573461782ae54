import { launch } from '../suites/launch';
import { readOptions, USAGE } from './options';
import { runSecurity } from './security';

launch({ name: 'security', usage: USAGE, readOptions, run: runSecurity });
