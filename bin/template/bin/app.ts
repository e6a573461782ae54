import { App } from 'aws-cdk-lib';
import { ToolsStack } from '../lib/tools-stack';

new ToolsStack(new App(), 'Tools');
