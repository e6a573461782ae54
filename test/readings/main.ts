import { launch } from '../suites/launch';
import { readOptions, USAGE } from './options';
import { runReadings } from './readings';

launch({ name: 'readings', usage: USAGE, readOptions, run: runReadings });
