import { createMCPClient } from '@ai-sdk/mcp';
import { connectWith } from './ai-sdk.mjs';

export const connect = (...where) => connectWith(createMCPClient, ...where);
