import { App } from 'aws-cdk-lib';
import { ToolsStack } from '../lib/tools-stack';

export const app = new App();
export const tools = new ToolsStack(app, 'Tools');
