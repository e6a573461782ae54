import { launch } from '../suites/launch';
import { runAws } from './aws';
import { readOptions, USAGE } from './options';

launch({ name: 'aws', usage: USAGE, readOptions, run: runAws });
