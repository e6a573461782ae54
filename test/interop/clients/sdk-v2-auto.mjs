import { connectAs } from './sdk-v2.mjs';

export const connect = (...where) => connectAs({ mode: 'auto' }, ...where);
