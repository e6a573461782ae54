import { createMCPClient } from 'ai-sdk-mcp-2';
import { connectWith } from './ai-sdk.mjs';

export const connect = (...where) => connectWith(createMCPClient, ...where);
