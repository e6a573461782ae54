import { launch } from '../suites/launch';
import { runDeploy } from './deploy';
import { readOptions, USAGE } from './options';

launch({ name: 'deploy', usage: USAGE, readOptions, run: runDeploy });
