import { connectAs } from './sdk-v2.mjs';

export const connect = (...where) => connectAs({ mode: { pin: '2026-07-28' } }, ...where);
